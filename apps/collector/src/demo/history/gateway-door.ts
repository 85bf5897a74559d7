import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { demoCluster } from '../scenario.ts';

/** How the demo reaches its gateway. */
export interface GatewayDoor {
  readonly gatewayUrl: string;
  readonly apiKey?: string | undefined;
  readonly signal?: AbortSignal;
}

const timeoutMs = 60_000;

export const authorization = (apiKey: string | undefined): Record<string, string> =>
  apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` };

export const withTimeout = (signal: AbortSignal | undefined): AbortSignal =>
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
