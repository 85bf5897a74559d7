import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { labelsFromObject } from '@binnacle/shared/telemetry/labels.ts';
import { SampleBatch } from '@binnacle/shared/telemetry/sample-batch.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTelemetryStore, type TelemetryStore } from '../store.ts';

const dayMs = 86_400_000;
const nowMs = Date.now();
const always = { fromMs: 0, toMs: nowMs + dayMs };
let dataDir: string;
let store: TelemetryStore;

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'binnacle-size-'));
  store = await openTelemetryStore({ dataDir });
  // Ten days of a series that goes on, and one series for each day; values that compress badly.
  for (let day = 10; day >= 0; day--) {
    const batch = new SampleBatch(8000);
    const goesOn = batch.addSeries(labelsFromObject({ __name__: 'goes_on' }));
    const ofDay = batch.addSeries(labelsFromObject({ __name__: 'of_day', day: String(day) }));
    for (let i = 0; i < 4000; i++) {
      const at = nowMs - day * dayMs - i * 1000;
      batch.append(goesOn, at, Math.random());
      batch.append(ofDay, at, Math.random());
    }
    await store.insert([batch]);
  }
  // Some of it sealed, some not, as in a store that runs.
  await store.seal(0);
});

afterAll(async () => {
  await store.close();
  rmSync(dataDir, { recursive: true, force: true });
});

async function times(): Promise<number[]> {
  const found: number[] = [];
  const series = await store.select([{ name: '__name__', op: '=', value: 'goes_on' }], always);
  for await (const slab of store.scan({ series, ...always, maxSamples: 1e7 }))
    found.push(...slab.timestamps.subarray(0, slab.ends[slab.count - 1]));
  return found;
}

const days = async () => (await store.labelValues('day', [], always)).map(Number).sort((a, b) => a - b);

test('a store within its bound keeps everything', async () => {
  const before = await times();
  expect(await store.dropOldest(1e12)).toMatchObject({
    droppedBytes: 0,
    droppedPartitions: 0,
    droppedBeforeMs: undefined,
  });
  expect(await times()).toEqual(before);
  expect(await days()).toHaveLength(11);
});

test('the oldest goes first, until the rest fits; series follow, also after a restart', async () => {
  const { bytes } = await store.dropOldest(1e12);
  const bound = Math.round(bytes * 0.6);
  const size = await store.dropOldest(bound);
  expect(size.bytes).toBeLessThanOrEqual(bound);
  expect(size.droppedBytes).toBeGreaterThan(0);
  const before = size.droppedBeforeMs as number;
  expect(Math.min(...(await times()))).toBeGreaterThanOrEqual(before);
  // Not one partition more than was needed.
  expect(size.bytes).toBeGreaterThan(bound * 0.6);
  const left = await days();
  expect(left.length).toBeGreaterThan(3);
  expect(left.length).toBeLessThan(9);
  expect(left[0]).toBe(0);
  expect(
    await store.select([{ name: '__name__', op: '=', value: 'goes_on' }], { fromMs: 0, toMs: before - 1 }),
  ).toEqual([]);
  await store.close();
  store = await openTelemetryStore({ dataDir });
  expect(await days()).toEqual(left);
  expect(Math.min(...(await times()))).toBeGreaterThanOrEqual(before);
});

test('the last two hours stay, whatever they take', async () => {
  const size = await store.dropOldest(1);
  expect(size.bytes).toBeGreaterThan(1);
  expect(Math.max(...(await times()))).toBe(nowMs);
  expect((await times()).filter((at) => at > nowMs - 1_000_000)).toHaveLength(1000);
});

test('late samples of what was dropped are stored as usual', async () => {
  const batch = new SampleBatch(1);
  batch.append(batch.addSeries(labelsFromObject({ __name__: 'goes_on' })), nowMs - 9 * dayMs, 1);
  await store.insert([batch]);
  expect(Math.min(...(await times()))).toBe(nowMs - 9 * dayMs);
});
