import { describe, expect, it } from 'vitest';
import { LabelSet, labelsFromObject } from './labels.ts';

describe('labels', () => {
  it('sorts by name and leaves empty values out', () => {
    expect(labelsFromObject({ job: 'a', __name__: 'up', empty: '' }).pairs).toEqual(['__name__', 'up', 'job', 'a']);
  });

  it('gives equal keys to equal labels only, whatever characters they hold', () => {
    const one = new LabelSet(['a', 'x\u00ffb\u00ffy']);
    const two = new LabelSet(['a', 'x', 'b', 'y']);
    expect(one.key).not.toBe(two.key);
    expect(two.key).toBe(labelsFromObject({ b: 'y', a: 'x' }).key);
  });

  it('finds a value by its name', () => {
    const labels = labelsFromObject({ __name__: 'up', instance: 'n1' });
    expect(labels.get('instance')).toBe('n1');
    expect(labels.get('n1')).toBeUndefined();
    expect(labels.metricName).toBe('up');
    expect(labels.toObject()).toEqual({ __name__: 'up', instance: 'n1' });
  });
});
