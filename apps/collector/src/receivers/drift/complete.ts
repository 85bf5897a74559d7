import { BinnacleError } from '@binnacle/shared/errors.ts';
import { z } from 'zod';
import { expectOk, parseJson, request } from '../polling/bounded-http.ts';
import type { DriftProbe } from './config.ts';

export interface Completion {
  readonly text: string;
  /** `system_fingerprint`; null where the server sends none. */
  readonly fingerprint: string | null;
}

const maxAnswerBytes = 4 * 1024 * 1024;

const answerShape = z.object({
  choices: z.array(z.object({ message: z.object({ content: z.string().nullish() }) })).min(1),
  system_fingerprint: z.string().nullish(),
});

/** Where completions are asked for: `/v1` is part of most servers' base URL, and of none of the others'. */
export function completionsUrl(endpoint: string): URL {
  const url = new URL(endpoint);
  const path = url.pathname.replace(/\/+$/, '');
  url.pathname = `${path.endsWith('/v1') ? path : `${path}/v1`}/chat/completions`;
  return url;
}

/** Body of the request: the same bytes for every run of a probe, so that nothing but the server can differ. */
export function requestBody(probe: DriftProbe, prompt: string): string {
  return JSON.stringify({
    model: probe.model,
    messages: [{ role: 'user', content: prompt }],
    temperature: 0,
    max_tokens: probe.maxTokens,
    stream: false,
    ...(probe.seed === undefined ? {} : { seed: probe.seed }),
  });
}

/** Asks once. Throws `upstream_failed` with a sentence: no text of the server's is in it. */
export async function complete(probe: DriftProbe, body: string, signal: AbortSignal): Promise<Completion> {
  const url = completionsUrl(probe.endpoint);
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  if (probe.apiKeyEnv !== undefined) {
    const key = process.env[probe.apiKeyEnv];
    if (key === undefined || key === '')
      throw new BinnacleError('bad_config', `The environment variable ${probe.apiKeyEnv} is not set.`);
    headers.authorization = `Bearer ${key}`;
  }
  const timeout = AbortSignal.timeout(probe.requestTimeoutSeconds * 1000);
  try {
    const answer = await request(
      url,
      { method: 'POST', headers, body },
      { signal: AbortSignal.any([signal, timeout]), maxBytes: maxAnswerBytes },
      probe,
    );
    expectOk(url, answer);
    const { choices, system_fingerprint } = parseJson(url, answer.text, answerShape);
    const text = choices[0]?.message.content;
    // A reasoning model that ran out of tokens has no answer; counted as empty texts, such runs would all agree.
    if (text == null)
      throw new BinnacleError('upstream_failed', `${url.host} answered without a text; raise maxTokens.`);
    return { text, fingerprint: system_fingerprint || null };
  } catch (error) {
    if (!signal.aborted && timeout.aborted)
      throw new BinnacleError(
        'upstream_failed',
        `${url.host} did not answer within ${probe.requestTimeoutSeconds} s.`,
        { cause: error },
      );
    throw error;
  }
}
