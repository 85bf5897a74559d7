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
    const labels = withOurTables(library, new Set()).map((one) => one.label);
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
    expect(withOurTables([{ label: 'job', type: 'constant' }], new Set())).toEqual([
      { label: 'job', type: 'constant' },
    ]);
  });

  it('marks what is experimental, and what the gateway has off', () => {
    const detail = (label: string, off: ReadonlySet<string>) =>
      withOurTables([...library, { label: 'offset' }], off).find((one) => one.label === label)?.detail;
    expect(detail('limitk', new Set())).toBe('aggregation, experimental');
    expect(detail('limitk', new Set(['limitk']))).toBe('aggregation, off');
    expect(detail('anchored', new Set(['anchored']))).toBe('off');
    expect(detail('sum', new Set())).toBe('aggregation');
  });

  it('explains the words that the library offers, and leaves a metric of the same name alone', () => {
    const [and, metric] = withOurTables([{ label: 'and' }, { label: 'and', type: 'constant' }], new Set());
    expect([typeof and?.info, metric]).toEqual(['function', { label: 'and', type: 'constant' }]);
  });
});

describe('selectorOf', () => {
  it('is the metric with what stands beside the label being written', () => {
    expect(selectorOf('up', [], undefined)).toBe('{__name__="up"}');
    expect(selectorOf(undefined, [], 'job')).toBeUndefined();
  });
});
