import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { labelsFromObject } from '@binnacle/shared/telemetry/labels.ts';
import { SampleBatch } from '@binnacle/shared/telemetry/sample-batch.ts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openTelemetryStore, type TelemetryStore } from '../store.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'binnacle-exemplars-'));
const at = Math.floor(Date.now() / 1000) * 1000 - 60_000;
let store: TelemetryStore;

beforeAll(async () => {
  store = await openTelemetryStore({ dataDir });
});
afterAll(async () => {
  await store.close();
  rmSync(dataDir, { recursive: true, force: true });
});

function batchWith(...examples: { le: string; trace: string; atMs: number; value: number }[]): SampleBatch {
  const batch = new SampleBatch();
  for (const { le, trace, atMs, value } of examples) {
    const series = labelsFromObject({ __name__: 'took_bucket', le, job: 'größe "x"' });
    batch.exemplars.push({ series, labels: labelsFromObject({ trace_id: trace }), timestampMs: atMs, value });
  }
  return batch;
}

it('gives back what was put, by matchers and time, once however often it was sent', async () => {
  const first = batchWith(
    { le: '1', trace: 'a', atMs: at, value: 0.5 },
    { le: '2', trace: 'b', atMs: at + 1, value: -0 },
  );
  await store.insert([first]);
  await store.insert([first, batchWith({ le: '1', trace: 'c', atMs: at + 2, value: Number.POSITIVE_INFINITY })]);
  const range = { fromMs: at, toMs: at + 2 };
  const all = await store.exemplars?.([{ name: '__name__', op: '=', value: 'took_bucket' }], range);
  expect(all?.map(({ labels, timestampMs }) => [labels.toObject(), timestampMs - at])).toEqual([
    [{ trace_id: 'a' }, 0],
    [{ trace_id: 'b' }, 1],
    [{ trace_id: 'c' }, 2],
  ]);
  expect(all?.map(({ value }) => value)).toEqual([0.5, -0, Number.POSITIVE_INFINITY]);
  expect(all?.[0]?.series.toObject()).toEqual({ __name__: 'took_bucket', job: 'größe "x"', le: '1' });
  const ones = await store.exemplars?.(
    [
      { name: '__name__', op: '=~', value: 'took_.*' },
      { name: 'le', op: '!=', value: '2' },
    ],
    { fromMs: at + 1, toMs: at + 2 },
  );
  expect(ones?.map(({ labels }) => labels.get('trace_id'))).toEqual(['c']);
  expect(await store.exemplars?.([{ name: '__name__', op: '=', value: 'other' }], range)).toEqual([]);
});

it('gives up those of a deleted series within the range, and keeps all others', async () => {
  const from = at - 10_000;
  await store.insert([
    batchWith(
      { le: '4', trace: 'before', atMs: from, value: 1 },
      { le: '4', trace: 'within', atMs: from + 1, value: 1 },
      { le: "8'", trace: 'other', atMs: from + 1, value: 1 },
    ),
  ]);
  const matchers = [
    { name: '__name__', op: '=', value: 'took_bucket' },
    { name: 'le', op: '=', value: '4' },
  ] as const;
  const left = async () =>
    (await store.exemplars?.([matchers[0]], { fromMs: from, toMs: from + 1 }))?.map(({ labels }) =>
      labels.get('trace_id'),
    );
  await store.deleteSamples([matchers], { fromMs: from + 1, toMs: at }, { dryRun: true });
  expect(await left()).toEqual(['before', 'other', 'within']);
  await store.deleteSamples([matchers], { fromMs: from + 1, toMs: at });
  expect(await left()).toEqual(['before', 'other']);
});
