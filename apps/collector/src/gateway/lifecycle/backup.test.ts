import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startEmbeddedPostgres } from '@binnacle/db/state/embedded-postgres.ts';
import { openState } from '@binnacle/db/state/open-state.ts';
import { labelsFromObject } from '@binnacle/shared/telemetry/labels.ts';
import { SampleBatch } from '@binnacle/shared/telemetry/sample-batch.ts';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { runCli } from '../../cli/program.ts';
import { parseConfig } from '../../config/config-file.ts';
import { gatewaySettings } from '../../config/settings.ts';
import { type OwnMetrics, startMetrics } from '../../telemetry/metrics.ts';
import { encodeWriteRequest, writeRequestHeaders } from '../../wire/remote-write-encode.ts';
import { type RunningGateway, startGateway } from '../gateway.ts';
import { realParts } from '../parts.ts';
import { type Manifest, manifestFile } from './backup-manifest.ts';
import { restoreBackup } from './restore-backup.ts';

const log = pino({ level: 'silent' });
const folder = mkdtempSync(path.join(tmpdir(), 'binnacle-backup-'));
const backup = path.join(folder, 'backup');
const nowMs = Date.now();
let metrics: OwnMetrics;
let gateway: RunningGateway;
let written = 0;
const said: string[] = [];

async function start(dataDir: string): Promise<RunningGateway> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  const loaded = await parseConfig('', 'test', {});
  const settings = { ...gatewaySettings({}, { BINNACLE_GRPC_PORT: 'off' }, loaded.config), dataDir, port };
  return startGateway({ settings, loaded, parts: realParts, log, metrics });
}

/** A sample a millisecond over ten days: every one has a time of its own. */
async function write(samples: number): Promise<void> {
  const batch = new SampleBatch(samples);
  const from = nowMs - 10 * 86_400_000 + written * 10_000;
  for (let i = 0; i < samples; i++) {
    const series = batch.addSeries(labelsFromObject({ __name__: 'kept', s: String(i % 7) }));
    batch.append(series, from + i * 10_000, written + i);
  }
  const body = Uint8Array.from(encodeWriteRequest(batch));
  const answer = await fetch(`${gateway.url}/api/v1/write`, {
    method: 'POST',
    headers: { ...writeRequestHeaders },
    body,
  });
  expect(answer.status).toBe(204);
  written += samples;
}

async function valuesOf(name: string): Promise<Set<number>> {
  const query = new URLSearchParams({ query: `${name}[11d]`, time: String(nowMs / 1000) });
  const answer = await fetch(`${gateway.url}/api/v1/query?${query}`);
  const { data } = (await answer.json()) as { data: { result: { values: [number, string][] }[] } };
  return new Set(data.result.flatMap(({ values }) => values.map(([, value]) => Number(value))));
}

const rules = async () => {
  const answer = await fetch(`${gateway.url}/api/v1/rules`);
  const { data } = (await answer.json()) as { data: { groups: { rules: { name: string }[] }[] } | undefined };
  return (data?.groups ?? []).flatMap((group) => group.rules.map(({ name }) => name)).sort();
};

const command = (...given: string[]) => runCli(['node', 'binnacle', ...given]);

beforeAll(async () => {
  vi.spyOn(console, 'log').mockImplementation((line) => void said.push(line));
  vi.spyOn(console, 'error').mockImplementation((line) => void said.push(line));
  metrics = startMetrics('gateway', 'test');
  gateway = await start(path.join(folder, 'data'));
}, 60_000);
afterAll(async () => {
  await gateway.stop();
  await metrics.stop();
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

it('a running gateway is backed up under load, and what was acknowledged before is restored, rules too', async () => {
  await write(20_000);
  await expect.poll(async () => (await rules()).length, { timeout: 20_000 }).toBeGreaterThan(3);
  const before = written;
  const known = await rules();
  let stopped = false;
  const load = (async () => {
    while (!stopped) await write(500);
  })();
  expect(await command('backup', backup, '--url', gateway.url)).toBe(0);
  stopped = true;
  await load;
  expect(said.at(-1)).toMatch(/^backup written: .* \(\d+ files, \d+ bytes\)$/);
  expect(await metrics.render()).toMatch(/^binnacle_backups_total\{outcome="done"\} 1$/m);
  await gateway.stop();

  const restored = path.join(folder, 'restored');
  expect(await command('restore', backup, '--data-dir', restored)).toBe(0);
  gateway = await start(restored);
  const values = await valuesOf('kept');
  for (let value = 0; value < before; value++) if (!values.has(value)) expect.fail(`sample ${value} is not there`);
  await expect.poll(rules, { timeout: 20_000 }).toEqual(known);
  await write(10);
  const { telemetry } = JSON.parse(readFileSync(path.join(backup, manifestFile), 'utf8')) as Manifest;
  // The view that finds a trace's time is made again too, and behind its tables.
  expect(telemetry?.tables.at(-1)?.create).toMatch(/^CREATE MATERIALIZED VIEW/);
  expect(readdirSync(folder).sort()).toEqual(['backup', 'data', 'restored']);
}, 90_000);

it('a stopped data directory is backed up without a gateway', async () => {
  await gateway.stop();
  const place = path.join(folder, 'offline');
  expect(await command('backup', place, '--data-dir', path.join(folder, 'data'), '--only', 'state')).toBe(0);
  const { telemetry, state } = JSON.parse(readFileSync(path.join(place, manifestFile), 'utf8')) as Manifest;
  expect(telemetry).toBeUndefined();
  expect(state?.tables.map(({ name }) => name)).toContain('alert_rule');
}, 60_000);

const settle = { databaseUrl: undefined, log };

/** A copy of the backup with something done to it, and what its restore says. */
async function refusal(name: string, change: (copy: string, manifest: Manifest) => void): Promise<string> {
  const copy = path.join(folder, name);
  cpSync(backup, copy, { recursive: true });
  change(copy, JSON.parse(readFileSync(path.join(copy, manifestFile), 'utf8')) as Manifest);
  const dataDir = path.join(folder, `${name}-data`);
  const error = await restoreBackup(copy, { ...settle, dataDir }).then(
    () => expect.fail('it was restored'),
    (reason: Error) => reason,
  );
  expect(readdirSync(folder).filter((entry) => entry.startsWith(`${name}-data`))).toEqual([]);
  return error.message;
}

function sign(copy: string, manifest: unknown): void {
  const text = JSON.stringify(manifest);
  writeFileSync(path.join(copy, manifestFile), text);
  writeFileSync(
    path.join(copy, `${manifestFile}.sha256`),
    `${createHash('sha256').update(text).digest('hex')}  ${manifestFile}\n`,
  );
}

it('a backup that is torn, changed or too new is refused in a sentence, and leaves nothing', async () => {
  const samples = ({ files }: Manifest) =>
    files.filter(
      ({ path: at, bytes }) =>
        /^telemetry\/samples\/.*value\.bin$|^telemetry\/samples\/.*data\.bin$/.test(at) && bytes > 0,
    )[0]?.path as string;
  expect(
    await refusal('flipped', (copy, manifest) => {
      const place = path.join(copy, samples(manifest));
      const bytes = readFileSync(place);
      bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] as number) ^ 1;
      writeFileSync(place, bytes);
    }),
  ).toMatch(/cut or changed/);
  expect(
    await refusal('cut', (copy, manifest) => {
      const place = path.join(copy, samples(manifest));
      writeFileSync(place, readFileSync(place).subarray(0, -1));
    }),
  ).toMatch(/cut or changed/);
  expect(await refusal('lost', (copy, manifest) => rmSync(path.join(copy, samples(manifest))))).toMatch(
    /cannot be read/,
  );
  expect(await refusal('torn', (copy) => rmSync(path.join(copy, `${manifestFile}.sha256`)))).toMatch(
    /not a whole backup/,
  );
  expect(
    await refusal('edited', (copy, manifest) =>
      writeFileSync(path.join(copy, manifestFile), JSON.stringify({ ...manifest, version: 'other' })),
    ),
  ).toMatch(/was changed/);
  expect(
    await refusal('newer', (copy, manifest) =>
      sign(copy, { ...manifest, telemetry: { ...manifest.telemetry, schemaVersion: 999 } }),
    ),
  ).toMatch(/schema version 999/);
  expect(
    await refusal('newer-state', (copy, { state, ...manifest }) =>
      sign(copy, { ...manifest, state: { ...state, migrations: ['2999_later'] } }),
    ),
  ).toMatch(/newer Binnacle/);
  expect(
    await refusal('climbing', (copy, manifest) =>
      sign(copy, { ...manifest, files: [{ path: 'telemetry/samples/../../../x', bytes: 0, sha256: '0'.repeat(64) }] }),
    ),
  ).toMatch(/path/);
}, 60_000);

it('nothing is overwritten', async () => {
  expect(await command('restore', backup, '--data-dir', path.join(folder, 'data'))).toBe(1);
  expect(said.at(-1)).toMatch(/is not empty: restore into a folder/);
  const place = path.join(folder, 'taken');
  mkdirSync(place);
  writeFileSync(path.join(place, 'mine'), '');
  expect(await command('backup', place, '--data-dir', path.join(folder, 'data'), '--only', 'state')).toBe(1);
  expect(said.at(-1)).toMatch(/is not empty: give a folder/);
  expect(readdirSync(place)).toEqual(['mine']);
}, 60_000);

it('rules go into a Postgres of the user, if that has none yet', async () => {
  const server = await startEmbeddedPostgres({
    dataDir: path.join(folder, 'own-postgres'),
    log,
    settings: { fsync: 'off' },
  });
  try {
    const place = { databaseUrl: server.databaseUrl, log };
    await restoreBackup(path.join(folder, 'offline'), { ...place, dataDir: path.join(folder, 'own-data') });
    const state = await openState({ databaseUrl: server.databaseUrl });
    const rules = await state.prisma.alertRule.count();
    await state.close();
    expect(rules).toBeGreaterThan(3);
    await expect(
      restoreBackup(path.join(folder, 'offline'), { ...place, dataDir: path.join(folder, 'own-data-2') }),
    ).rejects.toMatchObject({ code: 'conflict' });
  } finally {
    await server.stop();
  }
}, 60_000);
