import { describe, expect, it } from 'vitest';
import { chosenSelector, labelsOf, matchingMetrics } from './metric-choice.ts';

const card = (head: string, text = '') => ({ head, text, example: undefined, remark: undefined });

describe('choosing a metric', () => {
  it('finds by words of name and help, names first', () => {
    const cards = [card('a_power', ''), card('b_util', 'power of the GPU'), card('c')];
    expect(matchingMetrics(cards, 'POWER').map((one) => one.head)).toEqual(['a_power', 'b_util']);
    expect(matchingMetrics(cards, '')).toHaveLength(3);
  });

  it('leaves the values that fit what is chosen of the other labels', () => {
    const series = [
      { __name__: 'x', node: 'n1', gpu: '0' },
      { __name__: 'x', node: 'n1', gpu: '10' },
      { __name__: 'x', node: 'n2', gpu: '2' },
    ];
    expect(labelsOf(series, { node: 'n1' })).toEqual({
      labels: [
        { name: 'gpu', values: ['0', '10'] },
        { name: 'node', values: ['n1', 'n2'] },
      ],
      matching: 2,
    });
  });

  it('writes a selector that parses, whatever the names are', () => {
    const labels = [{ name: 'node' }, { name: 'k8s.pod' }];
    expect(chosenSelector('x', labels, {})).toBe('x');
    expect(chosenSelector('x', labels, { node: 'a"b', other: '1' })).toBe('x{node="a\\"b"}');
    expect(chosenSelector('a.b', labels, { 'k8s.pod': 'p' })).toBe('{"a.b", "k8s.pod"="p"}');
  });
});
