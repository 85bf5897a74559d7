import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { labelsFromObject } from '@binnacle/shared/telemetry/labels.ts';
import { SampleBatch } from '@binnacle/shared/telemetry/sample-batch.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTelemetryStore, type TelemetryStore } from '../store.ts';
import { seriesChoices } from './series-choice.ts';

const bucketMs = 7_200_000;
const start = Math.floor((Date.now() - 2 * 86_400_000) / bucketMs) * bucketMs;
const minuteMs = 60_000;
const perSeries = 600;
const end = start + (perSeries - 1) * minuteMs;
const always = { fromMs: 0, toMs: Date.UTC(2200, 0, 1) };
const equal = (name: string, value: string) => ({ name, op: '=' as const, value });
let dataDir: string;
let store: TelemetryStore;

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'binnacle-delete-'));
  store = await openTelemetryStore({ dataDir });
});

afterAll(async () => {
  await store.close();
  rmSync(dataDir, { recursive: true, force: true });
});

/** Ten hours, a sample a minute, for `count` series of a metric. */
async function write(metric: string, count: number, from = 0, to = perSeries): Promise<void> {
  const batch = new SampleBatch(count * (to - from));
  for (let s = 0; s < count; s++) {
    const at = batch.addSeries(labelsFromObject({ __name__: metric, s: String(s) }));
    for (let i = from; i < to; i++) batch.append(at, start + i * minuteMs, i);
  }
  await store.insert([batch]);
}

async function timesOf(metric: string, s = '0'): Promise<number[]> {
  const times: number[] = [];
  const series = await store.select([equal('__name__', metric), equal('s', s)], always);
  for await (const slab of store.scan({ series, ...always, maxSamples: 1e7 }))
    times.push(...slab.timestamps.subarray(0, slab.ends[slab.count - 1]));
  return times;
}

const names = async () => (await store.labelValues('__name__', [], always)).sort();

async function reopen(): Promise<void> {
  await store.close();
  store = await openTelemetryStore({ dataDir });
}

test('counts without deleting when asked to', async () => {
  await write('counted', 3);
  const found = await store.deleteSamples([[equal('__name__', 'counted')]], always, { dryRun: true });
  expect(found).toEqual({ series: 3, samples: 3 * perSeries });
  expect(await timesOf('counted')).toHaveLength(perSeries);
});

test('takes a range out of a series, bounds included, and leaves its neighbours', async () => {
  await write('holed', 2);
  const range = { fromMs: start + 100 * minuteMs, toMs: start + 399 * minuteMs };
  const found = await store.deleteSamples([[equal('__name__', 'holed'), equal('s', '0')]], range);
  expect(found).toEqual({ series: 1, samples: 300 });
  const expected = Array.from({ length: perSeries }, (_, i) => start + i * minuteMs).filter(
    (time) => time < range.fromMs || time > range.toMs,
  );
  expect(await timesOf('holed')).toEqual(expected);
  expect(await timesOf('holed', '1')).toHaveLength(perSeries);
  await reopen();
  expect(await timesOf('holed')).toEqual(expected);
});

test('a series without samples is in no answer, and comes back with its next sample', async () => {
  await write('whole', 2);
  await store.deleteSamples([[equal('__name__', 'whole')], [equal('__name__', 'nothing')]], always);
  for (const again of [false, true]) {
    if (again) await reopen();
    expect(await names()).not.toContain('whole');
    expect(await store.select([equal('__name__', 'whole')], always)).toEqual([]);
    expect(await store.labelValues('s', [equal('__name__', 'whole')], always)).toEqual([]);
  }
  await write('whole', 1, 5, 7);
  expect(await timesOf('whole')).toEqual([start + 5 * minuteMs, start + 6 * minuteMs]);
  await reopen();
  expect(await timesOf('whole')).toEqual([start + 5 * minuteMs, start + 6 * minuteMs]);
});

test('a series that loses its begin or end is found only where it still has samples', async () => {
  await write('shrunk', 1);
  const middle = start + 2 * bucketMs;
  await store.deleteSamples([[equal('__name__', 'shrunk')]], { fromMs: 0, toMs: middle - 1 });
  for (const again of [false, true]) {
    if (again) await reopen();
    expect(await store.select([equal('__name__', 'shrunk')], { fromMs: start, toMs: middle - 1 })).toEqual([]);
    expect(await store.select([equal('__name__', 'shrunk')], { fromMs: middle, toMs: end })).toHaveLength(1);
  }
  await write('shrunk', 1, 0, 1);
  expect(await store.select([equal('__name__', 'shrunk')], { fromMs: start, toMs: middle - 1 })).toHaveLength(1);
});

test('what is inserted while it deletes is found, whole', async () => {
  await write('busy', 300, 0, 50);
  const inserts: Promise<void>[] = [];
  const deleting = store.deleteSamples([[equal('__name__', 'busy')]], { fromMs: 0, toMs: start + 49 * minuteMs });
  for (let i = 50; i < 60; i++) inserts.push(write('busy', 300, i, i + 1));
  await Promise.all([deleting, ...inserts]);
  const expected = Array.from({ length: 10 }, (_, i) => start + (50 + i) * minuteMs);
  for (const s of ['0', '150', '299']) expect(await timesOf('busy', s)).toEqual(expected);
});

test('cleaning takes the deleted samples off the disk', async () => {
  await write('cleaned', 20);
  const before = (await store.stats()).samples;
  await store.deleteSamples([[equal('__name__', 'cleaned')]], always);
  await store.cleanDeleted();
  expect((await store.stats()).samples).toBeLessThanOrEqual(before - 20 * perSeries);
  expect(await names()).not.toContain('cleaned');
});

test('clusters count living series only', async () => {
  const batch = new SampleBatch(1);
  batch.append(batch.addSeries(labelsFromObject({ __name__: 'x', cluster: 'gone' })), start, 1);
  await store.insert([batch]);
  expect((await store.clusters()).map(({ name }) => name)).toContain('gone');
  await store.deleteSamples([[equal('cluster', 'gone')]], always);
  expect((await store.clusters()).map(({ name }) => name)).not.toContain('gone');
});

test('a metric of which all is chosen is one range, others are named in parts', () => {
  const metric = (hash: bigint, n: number) => Array.from({ length: n }, (_, i) => (hash << 44n) | BigInt(i * 7));
  const all = [...metric(3n, 500), ...metric(4n, 12_000)];
  const sizes = new Map([
    [3n, 500],
    [4n, 12_001],
  ]);
  const choices = seriesChoices(all, (id) => sizes.get(id >> 44n) ?? 0);
  expect(choices.map(({ ids }) => ids.length)).toEqual([500, 5000, 5000, 2000]);
  expect(choices[0]?.sql('id')).toBe(`id BETWEEN ${3n << 44n} AND ${(4n << 44n) - 1n}`);
  expect(Buffer.byteLength(choices[1]?.sql('id') ?? '')).toBeLessThan(200_000);
});
