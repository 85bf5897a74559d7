import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { labelsFromObject } from '@binnacle/shared/telemetry/labels.ts';
import { SampleBatch } from '@binnacle/shared/telemetry/sample-batch.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTelemetryStore, type TelemetryStore } from '../store.ts';

const hour = 3_600_000;
/** Begin of a bucket that has been over for hours. */
const start = Math.floor((Date.now() - 24 * hour) / (2 * hour)) * 2 * hour;
const always = { fromMs: start - 48 * hour, toMs: start + 48 * hour };
const byName = (value: string) => [{ name: '__name__', op: '=' as const, value }];
/** Patterns that floats would not keep: the stale marker, a NaN with a payload, -0. */
const bits = [
  [2, 0x7ff00000],
  [7, 0x7ff80000],
  [0, 0x80000000],
] as const;

let dataDir: string;
let store: TelemetryStore;
/** Nothing is sealed by itself in the time of a test. */
const open = () => openTelemetryStore({ dataDir }, { sealAfterSeconds: 1e6 });

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'binnacle-sealer-'));
  store = await open();
});

afterAll(async () => {
  await store.close();
  rmSync(dataDir, { recursive: true, force: true });
});

/** Writes samples of one series; times are ms since `start`. */
async function write(
  name: string,
  samples: readonly (readonly [time: number, value: number])[],
  label = '',
): Promise<void> {
  const batch = new SampleBatch(samples.length);
  const series = batch.addSeries(labelsFromObject({ __name__: name, label }));
  for (const [time, value] of samples) batch.append(series, start + time, value);
  await store.insert([batch]);
}

type Range = { fromMs: number; toMs: number };

async function read(name: string, range: Range = always): Promise<[label: string, time: number, value: number][]> {
  const series = await store.select(byName(name), range);
  const found: [string, number, number][] = [];
  for await (const slab of store.scan({ series, ...range, maxSamples: 1e7 })) {
    let at = 0;
    for (let i = 0; i < slab.count; i++) {
      const label = series[slab.seriesOf[i] as number]?.labels.get('label') ?? '';
      for (; at < (slab.ends[i] as number); at++) {
        found.push([label, (slab.timestamps[at] as number) - start, slab.values[at] as number]);
      }
    }
    slab.release();
  }
  return found.sort(([a, t], [b, u]) => a.localeCompare(b) || t - u);
}

const grid = (from: number, to: number, step = 15_000) =>
  Array.from({ length: Math.floor((to - from) / step) }, (_, i) => [from + i * step, i] as const);

test('answers are the same before and after, in every range', async () => {
  for (let i = 0; i < 5; i++) await write('whole', grid(0, 5 * hour), String(i));
  const ranges: Range[] = [
    always,
    { fromMs: start + 15_000, toMs: start + 30_000 },
    { fromMs: start + hour, toMs: start + 3 * hour },
    { fromMs: start + 2 * hour, toMs: start + 2 * hour },
    { fromMs: start + 2 * hour - 1, toMs: start + 2 * hour - 1 },
  ];
  const before = await Promise.all(ranges.map((range) => read('whole', range)));
  expect(before.map(({ length }) => length)).toEqual([6000, 10, 5 * 481, 5, 0]);
  const { samples } = await store.stats();
  expect(await store.seal(0)).toBe(3);
  expect(await Promise.all(ranges.map((range) => read('whole', range)))).toEqual(before);
  expect((await store.stats()).samples).toBe(samples);
  expect(await store.seal(0)).toBe(0);
});

test('every bit of a value is kept', async () => {
  const batch = new SampleBatch(bits.length);
  const series = batch.addSeries(labelsFromObject({ __name__: 'bits' }));
  bits.forEach(([low, high], i) => {
    batch.append(series, start + i, 0);
    batch.valueWords[2 * i] = low;
    batch.valueWords[2 * i + 1] = high;
  });
  await store.insert([batch]);
  await store.seal(0);
  const entries = await store.select(byName('bits'), always);
  for await (const slab of store.scan({ series: entries, ...always, maxSamples: 10 })) {
    expect([...slab.valueWords.subarray(0, 2 * bits.length)]).toEqual(bits.flat());
    expect([...(slab.stale?.subarray(0, bits.length) ?? [])]).toEqual([1, 0, 0]);
  }
});

test('samples that come late or again are merged, and sealed as well', async () => {
  await write('late', grid(0, hour));
  await store.seal(0);
  await write('late', [
    [7_000, 100],
    [15_000, 1],
    [hour + 1, 101],
  ]);
  const merged = [...grid(0, hour), [7_000, 100] as const, [hour + 1, 101] as const].sort(([a], [b]) => a - b);
  const expected = merged.map(([time, value]) => ['', time, value]);
  expect(await read('late')).toEqual(expected);
  expect(await store.seal(0)).toBe(1);
  expect(await read('late')).toEqual(expected);
});

test('what is read while it is sealed is there once', async () => {
  for (let i = 0; i < 20; i++) await write('meanwhile', grid(0, 2 * hour), String(i));
  let sealing = true;
  const sealed = store.seal(0).finally(() => {
    sealing = false;
  });
  let reads = 0;
  do {
    expect((await read('meanwhile')).length).toBe(20 * 480);
    reads++;
  } while (sealing);
  expect(await sealed).toBe(1);
  expect((await read('meanwhile')).length).toBe(20 * 480);
  expect(reads).toBeGreaterThan(0);
});

test('what is written while it is sealed is not lost', async () => {
  for (let i = 0; i < 20; i++) await write('written', grid(0, 2 * hour), String(i));
  const sealed = store.seal(0);
  for (let i = 0; i < 20; i++) await write('written', [[1 + i, -1]], String(i));
  await sealed;
  const expected = 20 * 481;
  expect((await read('written')).length).toBe(expected);
  await store.seal(0);
  expect((await read('written')).length).toBe(expected);
});

test('a deletion takes whole buckets and parts of them', async () => {
  for (const label of ['a', 'b']) await write('deleted', grid(0, 6 * hour), label);
  await store.seal(0);
  const range = { fromMs: start + hour, toMs: start + 5 * hour };
  const onlyA = [...byName('deleted'), { name: 'label', op: '=' as const, value: 'a' }];
  expect(await store.deleteSamples([onlyA], range, { dryRun: true })).toEqual({ series: 1, samples: 961 });
  await store.deleteSamples([onlyA], range);
  const left = grid(0, 6 * hour).filter(([time]) => time < hour || time > 5 * hour);
  expect(await read('deleted')).toEqual([
    ...left.map(([time, value]) => ['a', time, value]),
    ...grid(0, 6 * hour).map(([time, value]) => ['b', time, value]),
  ]);
});

test('whatever moment the process is killed in, each acknowledged sample is there once', async () => {
  await store.close();
  const script = fileURLToPath(new URL('./testdata/seal-until-killed.ts', import.meta.url));
  const buckets = start - 80 * hour;
  const acknowledged = new Set<number>();
  // Bound of the numbers of a process, so that those of the next are others.
  for (let round = 0; round < 3; round++) {
    const begin = buckets + round * 1000;
    const child = spawn(process.execPath, [script, dataDir, String(begin)], { stdio: ['ignore', 'pipe', 'inherit'] });
    const lines: string[] = [];
    createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
    const ended = new Promise((resolve) => child.once('close', resolve));
    await expect.poll(() => lines.length, { timeout: 30_000, interval: 7 + 13 * round }).toBeGreaterThan(8 + round);
    child.kill('SIGKILL');
    await ended;
    for (const line of lines) acknowledged.add(round * 1000 + Number(line));
  }
  store = await open();
  for (const name of ['first', 'again']) {
    const range = { fromMs: buckets - hour, toMs: start };
    const series = await store.select([...byName('acknowledged'), { name: 'name', op: '=', value: name }], range);
    const found: number[] = [];
    for await (const slab of store.scan({ series, ...range, maxSamples: 1e6 })) {
      for (let i = 0; i < (slab.ends[0] as number); i++) {
        found.push(((slab.timestamps[i] as number) - buckets) % (2 * hour));
      }
      slab.release();
    }
    expect(new Set(found).size).toBe(found.length);
    expect([...acknowledged].filter((one) => !found.includes(one))).toEqual([]);
  }
}, 60_000);

test('after a restart all is there', async () => {
  await write('restarted', grid(0, 2 * hour));
  await store.seal(0);
  await write('restarted', grid(2 * hour, 3 * hour));
  const before = await read('restarted');
  expect(before.length).toBe(720);
  const { samples } = await store.stats();
  await store.close();
  store = await open();
  expect(await read('restarted')).toEqual(before);
  expect((await store.stats()).samples).toBe(samples);
});
