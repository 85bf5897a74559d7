import { readdirSync, readFileSync } from 'node:fs';
import { type EvalOutcome, runScript } from '@binnacle/promql/testing/run.ts';
import { describe, expect, test } from 'vitest';

const folder = new URL('../testdata/', import.meta.url);
const names = readdirSync(folder).filter((name) => name.endsWith('.test'));

/** The scripts hold at least so many evals: fewer means that some were not found. */
const fewestEvals = 2500;

/** Everything is run: the scripts of the house leave nothing out. */
const outcomesOf = (name: string): Promise<EvalOutcome[]> =>
  runScript(readFileSync(new URL(name, folder), 'utf8'), { only: 'all' });

describe('the language, by its scripts', () => {
  const counts = new Map<string, number>();
  test.each(names)('%s', async (name) => {
    const outcomes = await outcomesOf(name);
    const faults = outcomes.flatMap(({ line, expr, fault, skipped }) =>
      fault === undefined && skipped === undefined ? [] : [`${name}:${line} ${expr}: ${fault ?? skipped}`],
    );
    expect(faults).toEqual([]);
    expect(outcomes.length).toBeGreaterThan(5);
    counts.set(name, outcomes.length);
  });

  test('there are as many evals as there should be', () => {
    const evals = [...counts.values()].reduce((sum, count) => sum + count, 0);
    expect(evals).toBeGreaterThanOrEqual(fewestEvals);
  });
});
