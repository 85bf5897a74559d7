import { setTimeout as delay, setImmediate } from 'node:timers/promises';
import type { Logger } from 'pino';
import { z } from 'zod';
import { encodeWriteRequest, writeRequestHeaders } from '../../wire/remote-write-encode.ts';
import { demoCluster } from '../scenario.ts';
import type { Simulator } from '../simulator.ts';
import { directHistory } from './direct.ts';
import { HistoryBatch, HistorySeries } from './history-batch.ts';
import { scrapedHistory } from './scraped.ts';

export interface GatewayDoor {
  readonly gatewayUrl: string;
  readonly apiKey?: string | undefined;
  readonly signal?: AbortSignal;
}

export interface BackfillOptions extends GatewayDoor {
  /** ms since 1970 */
  readonly fromMs: number;
  /** ms since 1970; where the live receivers begin. */
  readonly toMs: number;
  readonly stepSeconds: number;
}

/** Length of one write request: small enough not to hold the demo up, and the newest goes first. */
const sliceMs = 4 * 60_000;
const timeoutMs = 60_000;
const attempts = 5;

const authorization = (apiKey: string | undefined): Record<string, string> =>
  apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` };

/**
 * Sends what the receivers would have seen between two times, under the same names and labels, by remote write: slices,
 * the newest first. Returns the number of samples. Rejects when the gateway refuses, or stays away for five attempts.
 */
export async function backfillHistory(simulator: Simulator, options: BackfillOptions): Promise<number> {
  const { fromMs, toMs, signal } = options;
  const stepMs = options.stepSeconds * 1000;
  const series = new HistorySeries();
  const sources = [...scrapedHistory(simulator, series), ...directHistory(simulator, series)];
  let sent = 0;
  for (let endMs = toMs; endMs > fromMs; endMs -= sliceMs) {
    const history = new HistoryBatch();
    const first = Math.ceil(Math.max(fromMs, endMs - sliceMs) / stepMs) * stepMs;
    for (let atMs = first; atMs < endMs; atMs += stepMs) {
      for (const source of sources) source(atMs, history);
      // Live scrapes come first: give way after every moment.
      await setImmediate();
      signal?.throwIfAborted();
    }
    if (history.batch.length === 0) continue;
    await post(options, encodeWriteRequest(history.batch));
    sent += history.batch.length;
  }
  return sent;
}

async function post({ gatewayUrl, apiKey, signal }: GatewayDoor, body: Uint8Array): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const response = await fetch(new URL('/api/v1/write', gatewayUrl), {
      method: 'POST',
      headers: { ...writeRequestHeaders, ...authorization(apiKey) },
      body: Buffer.from(body.buffer as ArrayBuffer, body.byteOffset, body.byteLength),
      signal: withTimeout(signal),
    });
    const text = (await response.text()).slice(0, 300);
    if (response.ok) return;
    if (response.status < 500 || attempt >= attempts)
      throw new Error(`the gateway answered ${response.status}: ${text}`);
    await delay(
      1000 * Math.min(30, Number(response.headers.get('retry-after') ?? attempt)),
      undefined,
      signal === undefined ? {} : { signal },
    );
  }
}

const withTimeout = (signal: AbortSignal | undefined): AbortSignal =>
  signal === undefined ? AbortSignal.timeout(timeoutMs) : AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);

const instantAnswer = z.looseObject({ data: z.looseObject({ result: z.array(z.unknown()) }) });

/** Whether the gateway holds samples of the demo from the hour before a moment; undefined when it cannot say. */
export async function hasHistory(
  { gatewayUrl, apiKey, signal }: GatewayDoor,
  atMs: number,
): Promise<boolean | undefined> {
  const url = new URL('/api/v1/query', gatewayUrl);
  url.search = new URLSearchParams({
    query: `count(last_over_time(up{cluster="${demoCluster}"}[1h]))`,
    time: String(atMs / 1000),
  }).toString();
  const response = await fetch(url, { headers: authorization(apiKey), signal: withTimeout(signal) });
  const parsed = instantAnswer.safeParse(await response.json().catch(() => undefined));
  return response.ok && parsed.success ? parsed.data.data.result.length > 0 : undefined;
}

/** Resolves when the gateway is ready; false when it is not within the time. */
export async function gatewayReady({ gatewayUrl, signal }: GatewayDoor, withinMs: number): Promise<boolean> {
  const giveUpAt = performance.now() + withinMs;
  while (performance.now() < giveUpAt) {
    const ready = await fetch(new URL('/readyz', gatewayUrl), { signal: withTimeout(signal) })
      .then(async (response) => {
        await response.body?.cancel();
        return response.ok;
      })
      .catch(() => false);
    if (ready) return true;
    await delay(500, undefined, signal === undefined ? {} : { signal });
  }
  return false;
}

const readyWithinMs = 5 * 60_000;
const historyMs = 60 * 60_000;

/** Gives a gateway that knows nothing of the demo its past hour. Never throws: a demo without a past is still a demo. */
export async function backfillIfEmpty(simulator: Simulator, door: GatewayDoor, log: Logger): Promise<void> {
  const { clock } = simulator;
  // Counters of a restarted demo have no past, and its store remembers one.
  if (!clock.hasPast) return;
  try {
    if (!(await gatewayReady(door, readyWithinMs)))
      return log.warn('the gateway did not become ready: the demo has no past hour');
    const { startedAtMs } = clock;
    if ((await hasHistory(door, startedAtMs)) === true) return;
    const began = performance.now();
    const samples = await backfillHistory(simulator, {
      ...door,
      fromMs: startedAtMs - historyMs,
      toMs: startedAtMs,
      stepSeconds: 30,
    });
    log.info(
      { samples, seconds: Math.round((performance.now() - began) / 100) / 10 },
      'the past hour of the demo is in the store',
    );
  } catch (error) {
    if (!door.signal?.aborted) log.warn({ err: error }, 'the past hour of the demo could not be sent');
  }
}
