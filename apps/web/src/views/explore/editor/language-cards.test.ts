import { functionTable } from '@binnacle/promql/language/functions.ts';
import { describe, expect, it } from 'vitest';
import { aggregationHead, functionHead, languageCard } from './language-cards.ts';
import { metadataOf, metricCard } from './metric-card.ts';

const signature = (name: string) => {
  const found = functionTable.get(name);
  if (found === undefined) throw new Error(name);
  return found;
};

describe('cards of the language', () => {
  it('write out signatures with kinds, what may be left out, and what repeats', () => {
    expect(functionHead(signature('rate'))).toMatch(/^rate\(\w+: range vector\): instant vector$/);
    expect(functionHead(signature('year'))).toBe('year(v?: instant vector): instant vector');
    expect(functionHead(signature('label_join'))).toMatch(/…\): instant vector$/);
    const topk = { name: 'topk', parameter: 'scalar' as const, doc: '', example: '', experimental: false };
    expect(aggregationHead(topk)).toBe('topk by (label, …) (scalar, instant vector)');
  });

  it('exist for every function, and for aggregations in any case', () => {
    for (const name of functionTable.keys()) expect(languageCard(name, new Set())?.head).toContain(name);
    expect(languageCard('SUM', new Set())?.example).toContain('sum');
    expect(languageCard('no_such_function', new Set())).toBeUndefined();
  });

  it('say that a part is experimental, and off only where the gateway says so', () => {
    expect(languageCard('rate', new Set())?.remark).toBeUndefined();
    expect(languageCard('limitk', new Set())?.remark).toBe('Experimental: it may still change.');
    expect(languageCard('limitk', new Set(['limitk']))?.remark).toContain('promql-experimental-functions');
    expect(languageCard('anchored', new Set(['anchored']))?.remark).toContain('promql-extended-range-selectors');
  });

  it('exist for operators and modifiers', () => {
    expect(languageCard('unless', new Set())?.example).toContain('unless');
    expect(languageCard('group_left', new Set())?.head).toBe('group_left');
  });
});

describe('cards of metrics', () => {
  const told = { type: 'histogram', help: 'Time of a step.', unit: 'seconds' };

  it('have what the sender says of the family', () => {
    expect(metadataOf('step_seconds_bucket', { step_seconds: [told] })).toEqual([told]);
    expect(metadataOf('x_total', { x: [told], x_total: [] })).toEqual([]);
    expect(metadataOf('constructor', {})).toBeUndefined();
    expect(metricCard('step_seconds_bucket', [told])).toMatchObject({
      text: 'Time of a step.',
      remark: 'histogram, in seconds',
    });
  });

  it('say when the sender says nothing', () => {
    expect(metricCard('x', undefined)).toMatchObject({ text: 'Its sender says nothing about it.', remark: undefined });
  });
});
