import { setTimeout as delay, setImmediate } from 'node:timers/promises';
import { encodeWriteRequest, writeRequestHeaders } from '../../wire/remote-write-encode.ts';
import type { Simulator } from '../simulator.ts';
import { directHistory } from './direct.ts';
import { authorization, type GatewayDoor, withTimeout } from './gateway-door.ts';
import { HistoryBatch, HistorySeries } from './history-batch.ts';
import { probeHistory } from './probes.ts';
import { scrapedHistory } from './scraped.ts';

export interface BackfillOptions extends GatewayDoor {
  /** Base URL of the demo, as its live receivers know it. */
  readonly demoUrl: string;
  /** ms since 1970 */
  readonly fromMs: number;
  /** ms since 1970; where the live receivers begin. */
  readonly toMs: number;
  readonly stepSeconds: number;
}

/** Length of one write request: small enough not to hold the demo up, and the newest goes first. */
const sliceMs = 4 * 60_000;
const attempts = 5;

/**
 * Sends what the receivers would have seen between two times, under the same names and labels, by remote write: slices,
 * the newest first. Returns the number of samples. Rejects when the gateway refuses, or stays away for five attempts.
 */
export async function backfillHistory(simulator: Simulator, options: BackfillOptions): Promise<number> {
  const { fromMs, toMs, signal } = options;
  const stepMs = options.stepSeconds * 1000;
  const series = new HistorySeries();
  const sources = [
    ...scrapedHistory(simulator, series),
    ...directHistory(simulator, series),
    ...probeHistory(simulator.clock, series, options.demoUrl),
  ];
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
