import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { runScript } from '@binnacle/promql/testing/run.ts';
import { describe, expect, test } from 'vitest';

/**
 * Prometheus' own scripts (promql/promqltest/testdata of its repository, version 3.14), run from where they lie:
 * PROMQL_SUITE_DIR names the folder. Those that look at native histograms are left out.
 */
const folder = process.env.PROMQL_SUITE_DIR ?? '';
const there = folder !== '' && existsSync(folder);
const names = there ? readdirSync(folder).filter((name) => name.endsWith('.test')) : [];

/** Of the 21 files of version 3.14: all evals, those without native histograms, and those without anything experimental. */
const fewest = { evals: 2214, float: 1288, core: 946 };

describe.skipIf(!there)('the scripts of Prometheus, where PROMQL_SUITE_DIR names their folder', () => {
  const counts = { evals: 0, float: 0, core: 0 };
  test.each(names)(
    '%s',
    async (name) => {
      const outcomes = await runScript(readFileSync(path.join(folder, name), 'utf8'), { only: 'float' });
      const float = outcomes.filter((outcome) => !outcome.nativeHistograms);
      const faults = float.flatMap(({ line, expr, fault, skipped }) =>
        fault === undefined && skipped === undefined ? [] : [`${name}:${line} ${expr}: ${fault ?? skipped}`],
      );
      expect(faults).toEqual([]);
      counts.evals += outcomes.length;
      counts.float += float.length;
      counts.core += float.filter((outcome) => outcome.experimental.length === 0).length;
    },
    60_000,
  );

  test('all of them were found', () => {
    expect(counts.evals).toBeGreaterThanOrEqual(fewest.evals);
    expect(counts.float).toBeGreaterThanOrEqual(fewest.float);
    expect(counts.core).toBeGreaterThanOrEqual(fewest.core);
  });
});
