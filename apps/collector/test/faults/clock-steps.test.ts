import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freshnessAnswer } from '@binnacle/shared/api/freshness.ts';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { parseConfig } from '../../src/config/config-file.ts';
import { gatewaySettings } from '../../src/config/settings.ts';
import { type RunningGateway, startGateway } from '../../src/gateway/gateway.ts';
import { realParts } from '../../src/gateway/parts.ts';
import { startMetrics } from '../../src/telemetry/metrics.ts';
import { freePort } from '../gateway-process.ts';
import { bodyOf, RemoteWriter, series } from './remote-writer.ts';

const hourMs = 3_600_000;
const log = pino({ level: 'silent' });
let folder: string;
let gateway: RunningGateway;
let writer: RemoteWriter;
let offsetMs = 0;

/** The whole process's clock, this far from the real one; timers go on as they do. */
function step(byMs: number): void {
  offsetMs = byMs;
}

beforeEach(async () => {
  offsetMs = 0;
  const RealDate = Date;
  vi.stubGlobal(
    'Date',
    class extends RealDate {
      // biome-ignore lint/suspicious/noExplicitAny: the constructor of Date takes all kinds of things.
      constructor(...given: any[]) {
        if (given.length === 0) super(RealDate.now() + offsetMs);
        else super(...(given as [number]));
      }
      static override now(): number {
        return RealDate.now() + offsetMs;
      }
    },
  );
  folder = await mkdtemp(path.join(tmpdir(), 'binnacle-clock-'));
});
afterEach(async () => {
  writer?.close();
  await gateway?.stop();
  vi.unstubAllGlobals();
  await rm(folder, { recursive: true, force: true });
});

/** Whether samples are acknowledged once they are in the table, or from the spool. */
it.each([
  ['in the table', 1_000_000_000],
  ['in the spool', 0],
])(
  "the gateway's clock an hour forward and back, samples %s when acknowledged: none is lost",
  async (_, spoolSamplesPerSecond) => {
    const loaded = await parseConfig(`limits: {spoolSamplesPerSecond: ${spoolSamplesPerSecond}}`, 'test', {});
    const settings = {
      ...gatewaySettings({}, { BINNACLE_GRPC_PORT: 'off' }, loaded.config),
      dataDir: path.join(folder, 'data'),
      port: await freePort(),
      databaseUrl: 'postgresql://nobody@127.0.0.1:1/none',
    };
    const metrics = startMetrics('gateway', 'test');
    gateway = await startGateway({ settings, loaded, parts: realParts, log, metrics, now: () => Date.now() });
    writer = new RemoteWriter(gateway.url, 1);
    const startMs = Math.floor(Date.now() / 1000) * 1000;
    const sent: number[] = [];
    const write = async (atMs: number): Promise<number> => {
      const { status } = await writer.send(bodyOf([[series('stepped'), atMs, atMs]]));
      if (status === 204) sent.push(atMs);
      return status;
    };
    const ages = async () => {
      const answer = freshnessAnswer.parse(await (await fetch(`${gateway.url}/api/binnacle/freshness`)).json());
      return [answer.queue.oldestUnwrittenMs ?? 0, ...answer.rows.map(({ silentMs }) => silentMs)];
    };

    expect(await write(startMs)).toBe(204);
    // Forward: the senders' samples are an hour old now, which is welcome.
    step(hourMs);
    expect([await write(startMs + 1000), await write(startMs + hourMs)]).toEqual([204, 204]);
    // Back again, to before the newest sample: samples in time are taken as ever.
    step(0);
    expect([await write(startMs + 2000), await write(startMs - 1000)]).toEqual([204, 204]);
    // Behind the senders by an hour: that is the documented limit, refused by name.
    step(-hourMs);
    expect(await write(startMs + 3000)).toBe(400);
    expect(await write(startMs - hourMs + 3000)).toBe(204);
    for (const age of await ages()) expect(age).toBeGreaterThanOrEqual(0);
    step(0);
    expect(await write(startMs + 4000)).toBe(204);
    // An hour of the clock is no hour of waiting.
    expect((await ages())[0]).toBeLessThan(hourMs / 2);

    const stored = async () => {
      const query = new URLSearchParams({ query: 'stepped[4h]', time: String((startMs + hourMs) / 1000 + 1) });
      const answer = (await (await fetch(`${gateway.url}/api/v1/query?${query}`)).json()) as {
        data: { result: { values: [number, string][] }[] };
      };
      return answer.data.result[0]?.values.map(([at]) => at * 1000);
    };
    await expect.poll(stored, { timeout: 20_000 }).toEqual(sent.sort((a, b) => a - b));
    const own = await metrics.render();
    await metrics.stop();
    expect(own).toMatch(/^binnacle_spool_samples(\{.*\})? 0$/m);
    expect(own).not.toMatch(/^binnacle_spool_oldest_seconds/m);
  },
);
