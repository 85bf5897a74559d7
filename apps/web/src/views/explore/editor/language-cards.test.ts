import { functionTable } from '@binnacle/promql/language/functions.ts';
import { describe, expect, it } from 'vitest';
import { aggregationHead, experimentalRemark, functionHead, languageCard } from './language-cards.ts';
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
    for (const name of functionTable.keys()) expect(languageCard(name, undefined)?.head).toContain(name);
    expect(languageCard('SUM', undefined)?.example).toContain('sum');
    expect(languageCard('no_such_function', undefined)).toBeUndefined();
  });

  it('say that a part is experimental, and off only where the gateway tells its features', () => {
    expect(experimentalRemark(false, new Set())).toBeUndefined();
    expect(experimentalRemark(true, undefined)).not.toContain('off');
    expect(experimentalRemark(true, new Set())).toContain('off');
    expect(experimentalRemark(true, new Set(['promql-experimental-functions']))).not.toContain('off');
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
