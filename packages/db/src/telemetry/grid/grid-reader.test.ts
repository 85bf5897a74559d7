import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GridAnswer, GridFunction, GridReader, GridRequest } from '@binnacle/shared/telemetry/grid.ts';
import { labelsFromObject } from '@binnacle/shared/telemetry/labels.ts';
import { SampleBatch } from '@binnacle/shared/telemetry/sample-batch.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTelemetryStore, type TelemetryStore } from '../store.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'binnacle-grid-'));
const start = Math.floor((Date.now() - 86_400_000) / 7_200_000) * 7_200_000;
let store: TelemetryStore;
let grid: GridReader;

beforeAll(async () => {
  store = await openTelemetryStore({ dataDir }, { sessions: 2 });
  grid = store.grid as GridReader;
});

afterAll(async () => {
  await store.close();
  rmSync(dataDir, { recursive: true, force: true });
});

type Sample = readonly [seconds: number, value: number | 'stale'];

async function insert(name: string, ...series: (readonly Sample[])[]): Promise<void> {
  const batch = new SampleBatch();
  series.forEach((samples, n) => {
    const index = batch.addSeries(labelsFromObject({ __name__: name, n: String(n) }));
    for (const [seconds, value] of samples) {
      if (value === 'stale') batch.appendStale(index, start + seconds * 1000);
      else batch.append(index, start + seconds * 1000, value);
    }
  });
  await store.insert([batch]);
}

async function ask(name: string, fn: GridFunction, more: Partial<GridRequest> = {}): Promise<GridAnswer> {
  const series = await store.select([{ name: '__name__', op: '=', value: name }], {
    fromMs: start,
    toMs: start + 3_600_000,
  });
  const sorted = series.sort((a, b) => (a.labels.key < b.labels.key ? -1 : 1));
  return grid.answer({
    method: 'grid',
    function: fn,
    series: sorted,
    startMs: start + 60_000,
    stepMs: 60_000,
    count: 3,
    windowMs: 60_000,
    maxSamples: 1000,
    ...more,
  });
}

/** Rows as lists, absent steps as null; or why there are none. */
function stepsOf(answer: GridAnswer): unknown {
  if (answer.kind === 'declined') return answer.reason;
  const rows = [...answer.rows].sort((a, b) => a.index - b.index);
  return rows.map(({ values, present }) => [...values].map((value, i) => (present[i] === 1 ? value : null)));
}

const every15 = (values: readonly (number | 'stale')[]): Sample[] => values.map((value, i) => [15 + 15 * i, value]);

describe('exactly or not at all', () => {
  test('an infinite sample spoils later windows within ClickHouse: declined, and remembered', async () => {
    await insert('poison_total', [...every15([1, Number.POSITIVE_INFINITY]), [80, 5], [100, 6], [130, 7], [170, 9]]);
    expect(stepsOf(await ask('poison_total', 'rate'))).toBe('NaN, infinite or very large samples were read');
    expect(stepsOf(await ask('poison_total', 'rate'))).toBe('NaN, infinite or very large samples were read');
    // Where series are only counted it does not matter.
    expect(stepsOf(await ask('poison_total', 'rate', { aggregation: 'count', groupOf: Uint32Array.of(0) }))).toEqual([
      [1, 1, 1],
    ]);
  });

  test('NaN after NaN is a change to ClickHouse: declined', async () => {
    await insert('nans', every15([Number.NaN, Number.NaN, Number.NaN]));
    expect(stepsOf(await ask('nans', 'changes'))).toBe('NaN, infinite or very large samples were read');
    expect(stepsOf(await ask('nans', 'last', { aggregation: 'group', groupOf: Uint32Array.of(0) }))).toEqual([
      [1, null, null],
    ]);
  });

  test('resets of broken numbers leave a rest within ClickHouse: declined; of whole ones they do not', async () => {
    await insert('broken_total', every15([0.1, 0.3, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1]));
    expect(stepsOf(await ask('broken_total', 'increase'))).toBe('a counter of broken numbers was reset');
    await insert('whole_total', every15([1, 3, 1, 1, 1, 1, 1, 1]));
    expect(stepsOf(await ask('whole_total', 'increase', { count: 2 }))).toEqual([[4, 0]]);
    await insert('growing_total', every15([0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4]));
    expect(stepsOf(await ask('growing_total', 'increase', { count: 2 }))).toEqual([[2, 2]]);
  });

  test('sums that cancel out lose their digits: declined, unless floats hold them exactly', async () => {
    const all = { aggregation: 'sum' as const, groupOf: Uint32Array.of(0, 0), count: 1 };
    await insert('cancels', [[30, 1e10 + 0.1]], [[30, -1e10]]);
    expect(stepsOf(await ask('cancels', 'last', all))).toBe('values of both signs nearly cancel out');
    await insert('cancels_whole', [[30, 1e10 + 1]], [[30, -1e10]]);
    expect(stepsOf(await ask('cancels_whole', 'last', all))).toEqual([[1]]);
  });

  test('a small spread of large values: declined; equal values have none', async () => {
    const all = { aggregation: 'stddev' as const, groupOf: Uint32Array.of(0, 0), count: 1 };
    await insert('large', [[30, 1e15]], [[30, 1e15 + 1]]);
    expect(stepsOf(await ask('large', 'last', all))).toBe('the spread is small beside the values');
    await insert('equal', [[30, 0.1]], [[30, 0.1]]);
    expect(stepsOf(await ask('equal', 'last', all))).toEqual([[0]]);
  });

  test('samples that came twice would be counted twice in buckets: declined, and harmless elsewhere', async () => {
    await insert('twice', every15([1, 2, 3]));
    await insert('twice', every15([1, 2, 3]));
    const buckets = { method: 'resample' as const };
    expect(stepsOf(await ask('twice', 'count_over_time', buckets))).toBe('samples share their times');
    expect(stepsOf(await ask('twice', 'max_over_time', buckets))).toEqual([[3, null, null]]);
    expect(stepsOf(await ask('twice', 'rate', { count: 1 }))).toEqual([[4 / 60]]);
  });

  test('of a number and a stale marker at one time the number stands', async () => {
    await insert('both', [[30, 7]]);
    await insert('both', [[30, 'stale']]);
    await insert('both', [
      [100, 8],
      [110, 'stale'],
    ]);
    expect(stepsOf(await ask('both', 'last'))).toEqual([[7, null, null]]);
    expect(stepsOf(await ask('both', 'last_over_time'))).toEqual([[7, 8, null]]);
  });
});

test('windows are open on the left', async () => {
  await insert('edges', [
    [60, 1],
    [120, 2],
    [180, 3],
  ]);
  expect(stepsOf(await ask('edges', 'count_over_time', { method: 'resample' }))).toEqual([[1, 1, 1]]);
  expect(stepsOf(await ask('edges', 'rate'))).toEqual([]);
});

test('limits: samples, times that cannot be stored, parts of milliseconds, pairs without an exact form', async () => {
  await insert('limited', every15([1, 2, 3, 4]));
  await expect(ask('limited', 'last', { maxSamples: 3 })).rejects.toMatchObject({ code: 'query_limit' });
  expect(stepsOf(await ask('limited', 'last', { startMs: -1 }))).toMatch(/outside/);
  expect(stepsOf(await ask('limited', 'last', { stepMs: 0.5 }))).toMatch(/whole milliseconds/);
  const pair = { aggregation: 'quantile' as const, quantile: 0.5, groupOf: Uint32Array.of(0) };
  expect(stepsOf(await ask('limited', 'delta', pair))).toMatch(/does not offer/);
  await expect(ask('limited', 'last', { signal: AbortSignal.abort() })).rejects.toMatchObject({
    code: 'query_canceled',
  });
});
