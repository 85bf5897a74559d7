import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { labelsFromObject } from '@binnacle/shared/telemetry/labels.ts';
import { SampleBatch } from '@binnacle/shared/telemetry/sample-batch.ts';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseConfig } from '../../config/config-file.ts';
import { gatewaySettings } from '../../config/settings.ts';
import { type OwnMetrics, startMetrics } from '../../telemetry/metrics.ts';
import { encodeWriteRequest, writeRequestHeaders } from '../../wire/remote-write-encode.ts';
import { type RunningGateway, startGateway } from '../gateway.ts';
import { realParts } from '../parts.ts';

const mebibyte = 2 ** 20;
const folder = mkdtempSync(path.join(tmpdir(), 'binnacle-disk-'));
const ballast = path.join(folder, 'ballast');

/** A small disk of its own, where this user may mount one. */
function mounted(): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=160m', 'tmpfs', folder], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
const hasDisk = process.platform === 'linux' && mounted();

const freeBytes = () => {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
};
/** Takes space away until so much is left; the file may be made anew. */
function leave(bytes: number): void {
  rmSync(ballast, { force: true });
  writeFileSync(ballast, Buffer.alloc(Math.max(0, freeBytes() - bytes)));
}

afterAll(() => {
  if (hasDisk) execFileSync('umount', ['-l', folder]);
  rmSync(folder, { recursive: true, force: true });
});

describe.skipIf(!hasDisk)('a small disk (skipped where none can be mounted)', () => {
  let metrics: OwnMetrics;
  let gateway: RunningGateway;
  let given = 0;
  let written = 0;
  const nowMs = Date.now();

  async function start(minFreeBytes: number): Promise<void> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const yaml = `gateway: { storage: { minFreeBytes: ${minFreeBytes} } }`;
    const loaded = await parseConfig(yaml, 'test', {});
    const environment = { DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/none' };
    const dataDir = path.join(folder, 'data');
    const settings = { ...gatewaySettings({}, environment, loaded.config), grpcPort: null, dataDir, port };
    gateway = await startGateway({ settings, loaded, parts: realParts, log: pino({ level: 'silent' }), metrics });
  }

  beforeAll(async () => {
    metrics = startMetrics('gateway', 'test');
    await start(48 * mebibyte);
  });
  afterAll(async () => {
    await gateway.stop();
    await metrics.stop();
  });

  /** Writes samples that compress badly, each with a time of its own; counts those that were acknowledged. */
  async function write(samples = 20_000): Promise<Response> {
    const batch = new SampleBatch(samples);
    const series = batch.addSeries(labelsFromObject({ __name__: 'filling' }));
    const from = nowMs - 20 * 86_400_000 + given;
    given += samples;
    for (let i = 0; i < samples; i++) batch.append(series, from + i, Math.random());
    const body = Uint8Array.from(encodeWriteRequest(batch));
    const answer = await fetch(`${gateway.url}/api/v1/write`, {
      method: 'POST',
      headers: { ...writeRequestHeaders },
      body,
    });
    if (answer.status === 204) written += samples;
    return answer;
  }

  async function stored(): Promise<number> {
    const query = new URLSearchParams({ query: 'count_over_time(filling[25d])', time: String(nowMs / 1000) });
    const answer = await fetch(`${gateway.url}/api/v1/query?${query}`);
    const { data } = (await answer.json()) as { data: { result: { value: [number, string] }[] } };
    return Number(data.result[0]?.value[1] ?? 0);
  }

  const readiness = async () => {
    const answer = await fetch(`${gateway.url}/readyz`);
    return [answer.status, ((await answer.json()) as { disk: { ok: boolean } }).disk.ok];
  };

  it('is filled until writes get 503; reads go on, nothing acknowledged is lost, and room opens the doors again', async () => {
    leave(52 * mebibyte);
    let answer = await write();
    expect(answer.status).toBe(204);
    const deadline = Date.now() + 60_000;
    while (answer.status === 204 && Date.now() < deadline) answer = await write();
    expect(answer.status).toBe(503);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await answer.text()).toMatch(/disk of the telemetry store is nearly full/);
    expect(freeBytes()).toBeGreaterThan(0);
    await expect.poll(stored, { timeout: 20_000 }).toBe(written);
    expect(await readiness()).toEqual([200, false]);
    const text = await metrics.render();
    expect(text).toMatch(/^binnacle_disk_full 1$/m);
    expect(text).toMatch(/binnacle_http_refused_total\{door="\/api\/v1\/write",code="disk_full"\} \d/);
    rmSync(ballast);
    await expect.poll(async () => (await write(10)).status, { timeout: 20_000 }).toBe(204);
    expect(await readiness()).toEqual([200, true]);
    await expect.poll(stored, { timeout: 20_000 }).toBe(written);
  }, 90_000);

  it('that fills up under the engine itself is a 503, and what was acknowledged is there once', async () => {
    await gateway.stop();
    await start(mebibyte);
    const before = written;
    leave(1.5 * mebibyte);
    // The watch looks every two seconds: these find the end of the disk first, or come too late for it to matter.
    const answers = await Promise.all(Array.from({ length: 8 }, () => write(60_000)));
    const refused = answers.find(({ status }) => status !== 204);
    expect(refused?.status).toBe(503);
    expect(refused?.headers.get('retry-after')).not.toBeNull();
    // What did not fit does not stay in the way.
    expect(freeBytes()).toBeGreaterThan(0);
    rmSync(ballast);
    await expect.poll(async () => (await write(10)).status, { timeout: 20_000 }).toBe(204);
    expect(written).toBeGreaterThan(before);
    await expect.poll(stored, { timeout: 20_000 }).toBe(written);
    await gateway.stop();
    await start(mebibyte);
    await expect.poll(stored, { timeout: 20_000 }).toBe(written);
  }, 90_000);
});
