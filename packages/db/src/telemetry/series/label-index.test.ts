import { LabelSet, labelsFromObject } from '@binnacle/shared/telemetry/labels.ts';
import { expect, test } from 'vitest';
import { LabelIndex } from './label-index.ts';
import { labelBits, loadSeriesIds } from './series-id.ts';

const idAt = (index: LabelIndex, at: number) => index.entries[at]?.id;

test('equal labels are one series, whatever object carries them', async () => {
  const index = new LabelIndex(await loadSeriesIds());
  const first = index.resolve(labelsFromObject({ __name__: 'up', job: 'a' }));
  expect(index.resolve(labelsFromObject({ job: 'a', __name__: 'up' }))).toBe(first);
  expect(index.size).toBe(1);
});

test('ids of one metric share their upper 20 bits', async () => {
  const index = new LabelIndex(await loadSeriesIds());
  const ids = ['a', 'b', 'c'].map(
    (job) => idAt(index, index.resolve(labelsFromObject({ __name__: 'up', job }))) as bigint,
  );
  expect(new Set(ids).size).toBe(3);
  expect(new Set(ids.map((id) => id >> labelBits)).size).toBe(1);
  expect(index.seriesOfMetricHash(ids[0] as bigint)).toBe(3);
});

test('series whose ids collide get different ids of the same metric', () => {
  const index = new LabelIndex({ idOf: () => (5n << labelBits) | ((1n << labelBits) - 1n) });
  const ids = ['a', 'b', 'c'].map((job) => idAt(index, index.resolve(labelsFromObject({ __name__: 'up', job }))));
  expect(ids).toEqual([(5n << labelBits) | ((1n << labelBits) - 1n), 5n << labelBits, (5n << labelBits) | 1n]);
});

test('a slot of another index is not believed', async () => {
  const labels = labelsFromObject({ __name__: 'up' });
  const [one, two] = [new LabelIndex(await loadSeriesIds()), new LabelIndex(await loadSeriesIds())];
  two.resolve(labelsFromObject({ __name__: 'down' }));
  expect([one.resolve(labels), two.resolve(labels), one.resolve(labels)]).toEqual([0, 1, 0]);
});

test('labels that hold the separator of keys are told apart', async () => {
  const index = new LabelIndex(await loadSeriesIds());
  const joined = index.resolve(new LabelSet(['a', 'x\u00ffb\u00ffy']));
  expect(index.resolve(new LabelSet(['a', 'x', 'b', 'y']))).not.toBe(joined);
  expect(index.resolve(new LabelSet(['a', 'x\u00ffb\u00ffy']))).toBe(joined);
});
