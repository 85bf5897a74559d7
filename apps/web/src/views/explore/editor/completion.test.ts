import { functionTable } from '@binnacle/promql/language/functions.ts';
import { describe, expect, it } from 'vitest';
import { selectorOf } from './catalogue.ts';
import { withOurTables } from './completion.ts';

const library = [
  { label: 'rate', type: 'function', detail: 'function' },
  { label: 'histogram_stdvar', type: 'function', detail: 'function' },
  { label: 'sum', type: 'keyword', detail: 'aggregation' },
  { label: 'up', type: 'constant', detail: 'gauge' },
  { label: 'sum(rate(__input_vector__[5m]))', type: 'function', detail: 'snippet' },
  { label: 'histogram_stdvar(__x__)', type: 'function', detail: 'snippet' },
];

describe('completion', () => {
  it('offers the functions of our table and no others, beside what the library knows of the place', () => {
    const labels = withOurTables(library, undefined).map((one) => one.label);
    for (const name of functionTable.keys()) expect(labels).toContain(name);
    expect(labels).toContain('up');
    expect(labels).toContain('sum(rate(__input_vector__[5m]))');
    if (!functionTable.has('histogram_stdvar')) {
      expect(labels).not.toContain('histogram_stdvar');
      expect(labels).not.toContain('histogram_stdvar(__x__)');
    }
    expect(labels.filter((label) => label === 'rate')).toHaveLength(1);
  });

  it('offers no functions where the place takes none', () => {
    expect(withOurTables([{ label: 'job', type: 'constant' }], undefined)).toEqual([
      { label: 'job', type: 'constant' },
    ]);
  });

  it('marks what is experimental, and what the gateway has off', () => {
    const name = [...functionTable.values()].find((one) => one.experimental)?.name;
    const detail = (features: ReadonlySet<string> | undefined) =>
      withOurTables(library, features).find((one) => one.label === name)?.detail;
    expect(detail(undefined)).toBe('function, experimental');
    expect(detail(new Set())).toBe('function, off');
    expect(detail(new Set(['promql-experimental-functions']))).toBe('function, experimental');
  });
});

describe('selectorOf', () => {
  it('is the metric with what stands beside the label being written', () => {
    expect(selectorOf('up', [], undefined)).toBe('{__name__="up"}');
    expect(selectorOf(undefined, [], 'job')).toBeUndefined();
  });
});
