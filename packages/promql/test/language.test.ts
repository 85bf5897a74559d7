import { checkQuery } from '@binnacle/promql/check/check.ts';
import { functionImplementations } from '@binnacle/promql/functions/registry.ts';
import { everyFeature } from '@binnacle/promql/language/features.ts';
import { functionTable } from '@binnacle/promql/language/functions.ts';
import { aggregationTable } from '@binnacle/promql/language/operators.ts';
import { parseQuery } from '@binnacle/promql/parse/parse.ts';
import { expect, test } from 'vitest';

test('every function of the table is computed, and none is computed that the table lacks', () => {
  expect([...functionImplementations.keys()].sort()).toEqual([...functionTable.keys()].sort());
});

test.each([...functionTable.values()])('the example of $name is valid', ({ example }) => {
  expect(() => checkQuery(example, parseQuery(example), everyFeature)).not.toThrow();
});

test.each([...aggregationTable.values()])('the example of $name is valid', ({ example }) => {
  expect(checkQuery(example, parseQuery(example), everyFeature)).toBe('instant vector');
});
