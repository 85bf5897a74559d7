import { expect, it } from 'vitest';
import { analyticCases, distances, fits } from './analytic-cases.ts';
import { bubbleRatioToIdeal, bubbleShareOfTotal, zeroBubbleShareOfTotal } from './pipeline-bubble.ts';

it.each(analyticCases('pipeline_bubble_gpipe'))('GPipe, $inputs', (one) => {
  expect(distances(bubbleShareOfTotal(one.inputs.stages, one.inputs.microbatches), one)).toEqual(fits);
});
it.each(analyticCases('pipeline_bubble_1f1b_ratio'))('1F1B, $inputs', (one) => {
  expect(distances(bubbleRatioToIdeal(one.inputs.stages, one.inputs.microbatches), one)).toEqual(fits);
});
it.each(analyticCases('pipeline_bubble_interleaved_ratio'))('interleaved, $inputs', (one) => {
  expect(distances(bubbleRatioToIdeal(one.inputs.stages, one.inputs.microbatches, one.inputs.v), one)).toEqual(fits);
});
it.each(analyticCases('pipeline_bubble_zero_bubble'))('zero bubble, $inputs', (one) => {
  expect(
    distances(zeroBubbleShareOfTotal(one.inputs.schedule, one.inputs.stages, one.inputs.microbatches), one),
  ).toEqual(fits);
});
it.each(analyticCases('naive_model_parallel_utilisation'))('naive model parallelism, $inputs', (one) => {
  expect(distances(1 - bubbleShareOfTotal(one.inputs.devices, 1)!, one)).toEqual(fits);
});

it('a share of the total and a ratio to the ideal time describe the same bubble', () => {
  const ratio = bubbleRatioToIdeal(8, 64)!;
  expect(ratio / (1 + ratio)).toBeCloseTo(bubbleShareOfTotal(8, 64)!, 12);
});

it('is unknown for broken counts and for interleaving that does not divide', () => {
  expect(bubbleShareOfTotal(0, 4)).toBeUndefined();
  expect(bubbleShareOfTotal(4, 2.5)).toBeUndefined();
  expect(bubbleRatioToIdeal(8, 12, 2)).toBeUndefined();
  expect(zeroBubbleShareOfTotal('zbv', -1, 8)).toBeUndefined();
  expect(zeroBubbleShareOfTotal('zbv', 8, 8)).toBe(0);
});
