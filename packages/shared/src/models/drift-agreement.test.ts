import { expect, it } from 'vitest';
import { agreement, divergenceIndex, normalisedEditDistance, totalAgreementRate } from './drift-agreement.ts';

it('counts distinct outputs, the modal share and the first divergence', () => {
  const queens = 'born in Queens, New York';
  const city = 'born in New York City';
  expect(agreement([queens, queens, city, queens])).toEqual({
    runs: 4,
    unique: 2,
    modal: queens,
    modalShare: 0.75,
    referenceShare: 0.75,
    firstDivergence: 8,
  });
});

it('a full agreement has no divergence; no outputs are unknown', () => {
  expect(agreement(['a', 'a'])).toMatchObject({ unique: 1, modalShare: 1, firstDivergence: null });
  expect(agreement([])).toBeNull();
});

it('measures against a reference when one is given, even one that no run gave', () => {
  expect(agreement(['abc', 'abc'], 'abd')).toMatchObject({
    unique: 1,
    modalShare: 1,
    referenceShare: 0,
    firstDivergence: 2,
  });
});

it('among equally common outputs takes the one that came first', () => {
  expect(agreement(['x', 'y', 'y', 'x'])?.modal).toBe('x');
});

it.each([
  ['same', 'same', null],
  ['abc', 'abcd', 3],
  ['', 'a', 0],
  ['a😀b', 'a😀c', 2],
])('divergence of %j and %j is %s', (a, b, index) => {
  expect(divergenceIndex(a, b)).toBe(index);
});

it.each([
  ['', '', 0],
  ['kitten', 'sitting', 3 / 7],
  ['abc', '', 1],
  ['abc', 'abc', 0],
])('edit distance of %j and %j', (a, b, distance) => {
  expect(normalisedEditDistance(a, b)).toBeCloseTo(distance, 12);
  expect(normalisedEditDistance(b, a)).toBeCloseTo(distance, 12);
});

it('TARr is the share of prompts that always answer alike', () => {
  expect(totalAgreementRate([['a', 'a'], ['a', 'b'], ['c'], []])).toBe(0.5);
  expect(totalAgreementRate([])).toBeUndefined();
});
