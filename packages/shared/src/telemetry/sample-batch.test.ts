import { expect, it } from 'vitest';
import { labelsFromObject } from './labels.ts';
import { isStale, SampleBatch } from './sample-batch.ts';

it('grows and keeps every bit of what was appended', () => {
  const batch = new SampleBatch(2);
  const series = batch.addSeries(labelsFromObject({ __name__: 'x' }));
  for (let i = 0; i < 5; i++) batch.append(series, i, i / 2);
  batch.appendStale(series, 5);
  batch.append(series, 6, Number.NaN);
  batch.appendBits(series, 7, 7, 0x7ff80000);
  expect(batch.length).toBe(8);
  expect([...batch.values.subarray(0, 5)]).toEqual([0, 0.5, 1, 1.5, 2]);
  expect([...batch.timestamps.subarray(0, 8)]).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  expect(isStale(batch.valueWords, 5)).toBe(true);
  expect(isStale(batch.valueWords, 6)).toBe(false);
  expect([batch.valueWords[14], batch.valueWords[15]]).toEqual([7, 0x7ff80000]);
});
