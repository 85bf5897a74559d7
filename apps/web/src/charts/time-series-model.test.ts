import { describe, expect, it } from 'vitest';
import { chartGaps, chartRows, nearestRow, stackedRows, timeTicks, valueAxis } from './time-series-model.ts';

const range = { fromMs: 0, toMs: 60_000, stepSeconds: 10 };
const line = (times: number[], values: number[]) => ({ name: 'a', times, values });

describe('chartRows', () => {
  it('keeps a missing point and a NaN as null, never as zero', () => {
    const rows = chartRows([line([0, 10_000, 30_000], [1, Number.NaN, 3])], undefined, range);
    expect(rows.map((row) => row.values[0])).toEqual([1, null, null, 3, null, null, null]);
  });
  it('puts the band on the same grid', () => {
    const band = { name: 'expected', times: [10_000], low: [1], high: [2] };
    expect(chartRows([], band, range)[1]?.band).toEqual([1, 2]);
  });
});

describe('stackedRows', () => {
  it('stands lines on each other, up and down apart, and leaves a gap where one has no value', () => {
    const rows = chartRows(
      [line([0, 10_000], [2, 2]), line([0], [-1]), line([0, 10_000], [3, 3]), line([10_000], [-4])],
      undefined,
      { fromMs: 0, toMs: 10_000, stepSeconds: 10 },
    );
    expect(stackedRows(rows).map((row) => row.stack)).toEqual([
      [[0, 2], [0, -1], [2, 5], null],
      [[0, 2], null, [2, 5], [0, -4]],
    ]);
  });
});

describe('chartGaps', () => {
  it('finds stretches without any line, from the last point before to the first after', () => {
    const rows = chartRows([line([0, 10_000, 50_000, 60_000], [1, 1, 1, 1])], undefined, range);
    expect(chartGaps(rows)).toEqual([{ fromMs: 10_000, toMs: 50_000 }]);
  });
  it('is no gap where one of the lines goes on, or a single step is missing', () => {
    const other = { name: 'b', times: [20_000, 30_000, 40_000], values: [1, 1, 1] };
    expect(chartGaps(chartRows([line([0, 10_000, 50_000, 60_000], [1, 1, 1, 1]), other], undefined, range))).toEqual(
      [],
    );
    expect(
      chartGaps(chartRows([line([0, 10_000, 20_000, 40_000, 50_000, 60_000], [1, 1, 1, 1, 1, 1])], undefined, range)),
    ).toEqual([]);
  });
  it('shows the time before the first sample as a gap', () => {
    const rows = chartRows([line([40_000, 50_000, 60_000], [1, 1, 1])], undefined, range);
    expect(chartGaps(rows)).toEqual([{ fromMs: 0, toMs: 40_000 }]);
  });
});

describe('nearestRow', () => {
  it('clamps to the range', () => {
    const rows = chartRows([line([0], [1])], undefined, range);
    expect(nearestRow(rows, -5)?.time).toBe(0);
    expect(nearestRow(rows, 26_000)?.time).toBe(30_000);
    expect(nearestRow(rows, 1e9)?.time).toBe(60_000);
  });
});

describe('timeTicks', () => {
  it('gives round times inside the range and not too many', () => {
    const ticks = timeTicks(7_000, 3_607_000, 6);
    expect(ticks.length).toBeLessThanOrEqual(7);
    for (const tick of ticks) expect(tick % 600_000).toBe(0);
  });
});

describe('valueAxis', () => {
  it.each([
    [0, 372, 4, [0, 100, 200, 300, 400]],
    [0, 100, 4, [0, 25, 50, 75, 100]],
    [0, 0.0071, 4, [0, 0.002, 0.004, 0.006, 0.008]],
    [62, 91, 4, [60, 70, 80, 90, 100]],
    [0, 0, 4, [0, 0.25, 0.5, 0.75, 1]],
  ])('holds %d to %d with round ticks', (low, high, most, ticks) => {
    expect(valueAxis(low, high, most).ticks).toEqual(ticks);
  });
  it('steps by powers of two where units are binary, and keeps fixed ends', () => {
    expect(valueAxis(0, 81_920, 4, { binary: true }).ticks).toEqual([0, 32_768, 65_536, 98_304]);
    expect(valueAxis(0, 7300, 4, { seconds: true }).ticks).toEqual([0, 3600, 7200, 10_800]);
    expect(valueAxis(0, 0.08, 4, { seconds: true }).ticks).toEqual([0, 0.02, 0.04, 0.06, 0.08]);
    expect(valueAxis(0, 95, 4, { fixedLow: true, fixedHigh: true }).domain).toEqual([0, 95]);
  });
});
