import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { labelsFromObject } from '@binnacle/shared/telemetry/labels.ts';
import type { Matcher } from '@binnacle/shared/telemetry/reader.ts';
import { SampleBatch } from '@binnacle/shared/telemetry/sample-batch.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTelemetryStore, type TelemetryStore } from '../store.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'binnacle-older-'));
const bucket = 7_200_000;
/** The bucket before this one. */
const newest = Math.floor(Date.now() / bucket) * bucket - bucket;
const always = { fromMs: newest - 20 * bucket, toMs: newest + 2 * bucket };
let store: TelemetryStore;

/** Ten pods a bucket, of which one lives on through all of them; a value as strange as values come. */
function pods(age: number): SampleBatch {
  const batch = new SampleBatch();
  for (let pod = 0; pod < 10; pod++) {
    const name = pod === 0 ? 'forever' : `pod-${age}-${pod}`;
    const series = batch.addSeries(
      labelsFromObject({ __name__: 'pod_up', pod: name, note: `it's "${age}" \\ ⚓`, [`age_${age}`]: 'yes' }),
    );
    batch.append(series, newest - age * bucket + pod, pod);
  }
  return batch;
}

beforeAll(async () => {
  const first = await openTelemetryStore({ dataDir }, { sessions: 2 });
  for (let age = 10; age >= 0; age--) await first.insert([pods(age)]);
  await first.close();
});

afterAll(async () => {
  await store.close();
  rmSync(dataDir, { recursive: true, force: true });
});

const matcher = (name: string, op: Matcher['op'], value: string): Matcher => ({ name, op, value });

const questions: Matcher[][] = [
  [matcher('__name__', '=', 'pod_up')],
  [matcher('__name__', '=~', 'pod_.*'), matcher('pod', '!=', 'pod-3-1')],
  [matcher('pod', '=~', 'pod-(2|9)-[12]')],
  [matcher('pod', '!~', 'pod-[0-7]-.*'), matcher('__name__', '!=', '')],
  [matcher('note', '=', `it's "7" \\ ⚓`)],
  [matcher('age_5', '=', ''), matcher('pod', '=~', '.*-4')],
  [matcher('nothing', '=', 'x')],
];

describe('a store with more series than the index may hold', () => {
  let whole: { found: string[][]; names: string[]; values: string[] };
  const told = async (from: TelemetryStore) => ({
    found: await Promise.all(
      questions.map(async (question) =>
        (await from.select(question, always)).map(({ id, labels }) => `${id} ${labels.key}`).sort(),
      ),
    ),
    names: await from.labelNames([], always),
    values: await from.labelValues('pod', [matcher('__name__', '=', 'pod_up')], always),
  });

  beforeAll(async () => {
    const all = await openTelemetryStore({ dataDir }, { sessions: 2 });
    whole = await told(all);
    await all.close();
    store = await openTelemetryStore({ dataDir }, { sessions: 2, maxSeriesInMemory: 25 });
  });

  test('finds the same series, names and values as one that holds all of them', async () => {
    expect((await store.stats()).series).toBeLessThan(30);
    expect(whole.found[0]).toHaveLength(110);
    expect(await told(store)).toEqual(whole);
  });

  test('reads their samples', async () => {
    let samples = 0;
    const series = await store.select(questions[0] as Matcher[], always);
    for await (const { count, ends } of store.scan({ series, ...always, maxSamples: 1000 }))
      samples += ends[count - 1] ?? 0;
    expect(samples).toBe(110);
  });

  test('a series that comes back keeps its id, and has its samples together', async () => {
    const pod = [matcher('pod', '=', 'pod-10-5')];
    const [before] = await store.select(pod, always);
    const batch = new SampleBatch();
    batch.append(
      batch.addSeries(labelsFromObject(Object.fromEntries(pairs(before?.labels.pairs ?? [])))),
      newest + 7,
      42,
    );
    await store.insert([batch]);
    const found = await store.select(pod, always);
    expect(found.map(({ id }) => id)).toEqual([before?.id]);
    const values: number[] = [];
    for await (const slab of store.scan({ series: found, ...always, maxSamples: 1000 }))
      values.push(...slab.values.subarray(0, slab.ends[0]));
    expect(values).toEqual([5, 42]);
  });

  test('a bad pattern is refused as ever', async () => {
    await expect(store.select([matcher('pod', '=~', '(')], always)).rejects.toMatchObject({ code: 'query_invalid' });
  });
});

function pairs(flat: readonly string[]): [string, string][] {
  return Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i] as string, flat[2 * i + 1] as string]);
}
