import { readdirSync, readFileSync } from 'node:fs';
import { runScript } from '@binnacle/promql/testing/run.ts';
import { describe, expect, test } from 'vitest';

const folder = new URL('../testdata/', import.meta.url);
const names = readdirSync(folder).filter((name) => name.endsWith('.test'));

describe('the language, by its scripts', () => {
  test.each(names)('%s', async (name) => {
    const outcomes = await runScript(readFileSync(new URL(name, folder), 'utf8'));
    const faults = outcomes.flatMap(({ line, expr, fault }) =>
      fault === undefined ? [] : [`${name}:${line} ${expr}: ${fault}`],
    );
    expect(faults).toEqual([]);
    expect(outcomes.length).toBeGreaterThan(5);
  });
});

test('a script that expects the wrong thing is found out', async () => {
  const outcomes = await runScript(
    'load 1m\n  x 1\n\neval instant at 0 x\n  x 2\n\neval instant at 0 x\n\neval instant at 0 y\n  expect fail\n',
  );
  expect(outcomes.map(({ fault }) => fault !== undefined)).toEqual([true, true, true]);
});
