import { describe, expect, it } from 'vitest';
import { explainFairShare, type FairShareQueue, fairShare } from './fair-share.ts';
import cases from './testdata/fair-share.json' with { type: 'json' };

interface Case {
  id: string;
  name: string;
  k: number;
  total: number;
  queues: FairShareQueue[];
  expected: Record<string, number>;
  expectedUnassigned?: number;
}

describe('fair share equals the scheduler', () => {
  it.each(cases as unknown as Case[])('$id: $name', ({ total, queues, k, expected, expectedUnassigned }) => {
    const { queues: explained, unassigned } = explainFairShare({ total, queues, k });
    for (const [name, share] of Object.entries(expected))
      expect(explained.get(name)?.share, name).toBeCloseTo(share, 6);
    if (expectedUnassigned !== undefined) expect(unassigned).toBeCloseTo(expectedUnassigned, 6);
    const reversed = fairShare({ total, queues: [...queues].reverse(), k });
    for (const [name, share] of Object.entries(expected)) expect(reversed.get(name), name).toBeCloseTo(share, 6);
    for (const { quota, surplus, remainder, share } of explained.values())
      expect(quota + surplus + remainder).toBeCloseTo(share, 6);
  });
});

const queue = (name: string, overrides: Partial<FairShareQueue>): FairShareQueue => ({
  name,
  parent: null,
  priority: 100,
  quota: 0,
  overQuotaWeight: 1,
  limit: -1,
  request: 0,
  ...overrides,
});

describe('explanation', () => {
  it('keeps quota, surplus and remainder apart, and names what bounds each queue', () => {
    const { queues, unassigned } = explainFairShare({
      total: 11,
      queues: [
        queue('a', { quota: 2, request: 20, created: 1 }),
        queue('b', { quota: 2, request: 20, created: 2 }),
        queue('c', { quota: 2, request: 9, limit: 2 }),
        queue('d', { quota: 4, request: 0 }),
      ],
    });
    expect(queues.get('a')).toMatchObject({ quota: 2, surplus: 2, remainder: 1, share: 5, boundBy: 'group' });
    expect(queues.get('b')).toMatchObject({ quota: 2, surplus: 2, remainder: 0, share: 4, boundBy: 'group' });
    expect(queues.get('c')).toMatchObject({ share: 2, boundBy: 'limit' });
    expect(queues.get('d')).toMatchObject({ share: 0, boundBy: 'request' });
    expect(unassigned).toBe(0);
  });

  it('says nothing about a queue whose parent is missing or that is in a ring', () => {
    const shares = fairShare({
      total: 8,
      queues: [
        queue('a', { request: 8 }),
        queue('orphan', { parent: 'gone', request: 8 }),
        queue('x', { parent: 'y', request: 1 }),
        queue('y', { parent: 'x', request: 1 }),
      ],
    });
    expect([...shares]).toEqual([['a', 8]]);
  });
});
