import { checkQuery } from '@binnacle/promql/check/check.ts';
import { functionImplementations } from '@binnacle/promql/functions/registry.ts';
import { everyFeature, type Feature, featureTable, noFeatures } from '@binnacle/promql/language/features.ts';
import { functionTable, nativeHistogramFunctions } from '@binnacle/promql/language/functions.ts';
import { aggregationTable, keywords, modifierTable, operatorTable } from '@binnacle/promql/language/operators.ts';
import { parseQuery } from '@binnacle/promql/parse/parse.ts';
import { describe, expect, test } from 'vitest';

const check = (query: string, features = everyFeature) => checkQuery(query, parseQuery(query), features);
const without = (feature: Feature) => new Set([...everyFeature].filter((name) => name !== feature));

/** What every row of a table must have: a sentence, and an example that the row is about. */
function expectComplete({ name, doc, example }: { name: string; doc: string; example: string }): void {
  expect(doc).toMatch(/^.{3,}\.$/);
  expect(example).toContain(name);
}

test('every function of the table is computed, and none is computed that the table lacks', () => {
  expect([...functionImplementations.keys()].sort()).toEqual([...functionTable.keys()].sort());
});

test('functions and aggregations stand in the order of their names', () => {
  for (const table of [functionTable, aggregationTable]) expect([...table.keys()]).toEqual([...table.keys()].sort());
});

describe.each([...functionTable.values()])('the function $name', (row) => {
  test('is described, and its example is valid', () => {
    expectComplete(row);
    expect(new Set(row.args.map(({ name }) => name)).size).toBe(row.args.length);
    expect(row.args.every(({ name, kind }) => /^[a-z]+$/.test(name) && kind !== undefined)).toBe(true);
    expect(() => check(row.example)).not.toThrow();
  });

  test('is refused where its feature is off, if it has one', () => {
    const query = /start|end|range|step/.test(row.name) || row.args.length === 0 ? `${row.name}()` : row.example;
    const ask = () => check(query, without('promql-experimental-functions'));
    if (!row.experimental) expect(ask).not.toThrow();
    else expect(ask).toThrow(/experimental: turn on the feature "promql-experimental-functions"/);
  });
});

test.each([...aggregationTable.values()])('the aggregation $name is described, and its example is valid', (row) => {
  expectComplete(row);
  expect(check(row.example)).toBe('instant vector');
  const ask = () => check(row.example, noFeatures);
  if (row.experimental) expect(ask).toThrow('promql-experimental-functions');
  else expect(ask).not.toThrow();
});

test.each([...operatorTable.values()])('the operator $name is described, and its example is valid', (row) => {
  expectComplete(row);
  expect(() => check(row.example)).not.toThrow();
});

test.each([...modifierTable.values()])('the modifier $name is described, and its example is valid', (row) => {
  expectComplete(row);
  expect(() => check(row.example)).not.toThrow();
  const ask = () => check(row.example, noFeatures);
  if (row.feature === undefined) expect(ask).not.toThrow();
  else expect(ask).toThrow(`turn on the feature "${row.feature}"`);
});

test.each([...featureTable.values()])(
  'the feature $name is described, and its example is valid',
  ({ doc, example }) => {
    expect(doc).toMatch(/\.$/);
    expect(() => check(example)).not.toThrow();
  },
);

test.each([...nativeHistogramFunctions])('%s is refused by name', (name) => {
  expect(functionTable.has(name)).toBe(false);
  expect(() => check(`sum(${name}(x))`)).toThrow(`1:5: parse error: ${name}() is for native histograms`);
});

test('the words that the editor completes are those of operators and modifiers', () => {
  expect(keywords).toEqual(expect.arrayContaining(['and', 'atan2', 'by', 'group_left', 'anchored', 'fill_left']));
  expect(keywords).not.toContain('@');
});
