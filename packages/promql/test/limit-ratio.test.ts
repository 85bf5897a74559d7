import { samplingOffset } from '@binnacle/promql/evaluate/limit-ratio.ts';
import { labelsFromObject } from '@binnacle/shared/telemetry/labels.ts';
import { expect, test } from 'vitest';

// XXH64 of the encoded label sets, computed apart from the library.
test.each([
  ['no label', {}, 0xef46db3751d8e999n],
  ['a usual series', { __name__: 'http_requests_total', instance: 'web-1:9090', job: 'web' }, 0x5f2ae3b7dc505f64n],
  ['a text whose bytes are many, though its letters are not', { a: 'é'.repeat(300) }, 0x43cda2758bdba23bn],
  ['texts at the edge of a longer length', { a: 'x'.repeat(254), b: 'y'.repeat(255) }, 0xb030d335cc49d221n],
])('a series stands where its hash is: %s', (_name, labels, hash) => {
  expect(samplingOffset(labelsFromObject(labels as Record<string, string>))).toBe(Number(hash) / 2 ** 64);
});

test('many series are spread evenly', () => {
  const offsets = Array.from({ length: 2000 }, (_, i) =>
    samplingOffset(labelsFromObject({ __name__: 'x', i: `${i}` })),
  );
  const below = offsets.filter((offset) => offset < 0.25).length;
  expect(Math.abs(below - 500)).toBeLessThan(80);
});
