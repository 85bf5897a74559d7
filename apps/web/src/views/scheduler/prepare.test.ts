import { describe, expect, it } from 'vitest';
import { allocatedTotal, conditionOf, explainShare, queueTree, tellingQueue, waitingGroups } from './prepare.ts';

const sample = (metric: string, queue: string, value: number, more: Record<string, string> = {}) => ({
  labels: { __name__: `binnacle_queue_${metric}`, queue, ...more },
  timeMs: 0,
  value,
});
const share = (queue: string, value: number, more: Record<string, string> = {}) => ({
  labels: { queue_metadata_name: queue, ...more },
  timeMs: 0,
  value,
});

/** name, parent, quota, limit, weight, allocated, requested, model share */
type Row = [string, string, number, number, number, number, number, number];
const unlimited = Number.POSITIVE_INFINITY;
const rows: Row[] = [
  ['research', '', 48, unlimited, 2, 64, 80, 64],
  ['vision', 'research', 16, 24, 1, 0, 16, 16],
  ['pretraining', 'research', 32, unlimited, 2, 64, 64, 48],
  ['platform', '', 0, 8, 1, 0, 1, 0],
  ['notebooks', 'platform', 0, 8, 1, 0, 1, 0],
  ['ci', 'platform', 0, 4, 1, 0, 0, 0],
];
const facts = (list: readonly Row[]) =>
  list.flatMap(([queue, parent, quota, limit, weight, allocated, requested, model]) => [
    sample('info', queue, 1, parent === '' ? {} : { parent }),
    sample('quota_gpus', queue, quota),
    sample('limit_gpus', queue, limit),
    sample('over_quota_weight', queue, weight),
    sample('priority', queue, 100),
    sample('allocated_gpus', queue, allocated),
    sample('requested_gpus', queue, requested),
    sample('fair_share_model_gpus', queue, model),
  ]);

describe('queueTree', () => {
  const tree = queueTree(facts(rows), []);
  it('puts children under their parents, siblings by name', () => {
    expect(tree.map((queue) => [queue.depth, queue.name, queue.leaf])).toEqual([
      [0, 'platform', false],
      [1, 'ci', true],
      [1, 'notebooks', true],
      [0, 'research', false],
      [1, 'pretraining', true],
      [1, 'vision', true],
    ]);
  });
  it('says in one word how each queue stands', () => {
    expect(Object.fromEntries(tree.map((queue) => [queue.name, queue.condition]))).toEqual({
      platform: 'waiting',
      ci: 'idle',
      notebooks: 'waiting',
      research: 'waiting',
      pretraining: 'borrowing',
      vision: 'starved',
    });
  });
  it('takes the scheduler’s share first, adds its shards, and shows where our model differs', () => {
    const [vision] = queueTree(facts(rows), [share('vision', 8), share('vision', 4)]).filter(
      (q) => q.name === 'vision',
    );
    expect([vision?.fairShare, vision?.fairShareFrom, vision?.modelDiffers]).toEqual([12, 'scheduler', 16]);
    const [other] = tree.filter((q) => q.name === 'vision');
    expect([other?.fairShare, other?.fairShareFrom, other?.modelDiffers]).toEqual([16, 'model', null]);
  });
  it('joins older schedulers, which name the queue in another label', () => {
    const [queue] = queueTree([sample('info', 'a', 1)], [{ labels: { queue_name: 'a' }, timeMs: 0, value: 3 }]);
    expect(queue?.fairShare).toBe(3);
  });
  it('leaves unknown what no source gave', () => {
    const [queue] = queueTree([sample('info', 'a', 1), sample('allocated_gpus', 'a', Number.NaN)], []);
    expect(queue).toMatchObject({ allocated: null, quota: null, fairShare: null, condition: 'unknown' });
  });
  it('keeps queues whose parent is missing, and rings of parents', () => {
    const lost = queueTree(
      [
        sample('info', 'child', 1, { parent: 'gone' }),
        sample('info', 'grandchild', 1, { parent: 'child' }),
        sample('info', 'x', 1, { parent: 'y' }),
        sample('info', 'y', 1, { parent: 'x' }),
      ],
      [],
    );
    expect(lost.map((queue) => [queue.name, queue.depth, queue.orphan])).toEqual([
      ['child', 0, true],
      ['grandchild', 1, true],
      ['x', 0, true],
      ['y', 1, true],
    ]);
  });
});

it('conditionOf never decides without the numbers that decide', () => {
  expect(conditionOf(0, 0, null)).toBe('idle');
  expect(conditionOf(4, 4, null)).toBe('unknown');
  expect(conditionOf(null, 4, 4)).toBe('unknown');
  expect(conditionOf(4, 4, 4)).toBe('satisfied');
  expect(conditionOf(4, 4, 8)).toBe('satisfied');
});

it('allocatedTotal adds the roots alone, and is unknown with one of them', () => {
  expect(allocatedTotal(queueTree(facts(rows), []))).toBe(64);
  expect(allocatedTotal(queueTree([...facts(rows), sample('info', 'new', 1)], []))).toBeNull();
  expect(allocatedTotal([])).toBeNull();
});

describe('explainShare', () => {
  const tree = queueTree(facts(rows), []);
  it('keeps quota and surplus apart, and names who divides the same group', () => {
    expect(explainShare(tree, 64, 'pretraining')).toMatchObject({
      kind: 'explained',
      explanation: { divided: 63, quota: 32, surplus: 15, remainder: 0, share: 47, boundBy: 'group' },
      rivals: ['vision'],
    });
  });
  it('says what is missing instead of dividing with guesses', () => {
    const incomplete = queueTree([...facts(rows), sample('info', 'new', 1)], []);
    expect(explainShare(incomplete, null, 'vision')).toEqual({
      kind: 'unknown',
      missing: [
        'GPUs of the nodes',
        'quotas of new',
        'limits of new',
        'weights of new',
        'priorities of new',
        'requests of new',
      ],
    });
  });
});

describe('waitingGroups', () => {
  const group = (name: string, at: number, more: object = {}) => ({
    at,
    body: {
      name,
      namespace: 'ns',
      queue: 'vision',
      requestedGpus: 8,
      state: 'pending',
      reason: null,
      message: null,
      createdAt: 1000 - name.charCodeAt(0),
      ...more,
    },
  });
  it('lists what the newest reading wrote, oldest first', () => {
    const found = waitingGroups(
      [group('a', 50), group('b', 50), group('gone', 40), group('started', 50, { state: 'running' })],
      [],
    );
    expect(found.map((g) => g.id)).toEqual(['ns/b', 'ns/a']);
  });
  it('drops the last records of queues in which nothing waits any more', () => {
    const tree = queueTree([sample('info', 'vision', 1), sample('pending_pod_groups', 'vision', 0)], []);
    expect(waitingGroups([group('a', 50)], tree)).toEqual([]);
  });
});

it('tellingQueue prefers the starved leaf', () => {
  expect(tellingQueue(queueTree(facts(rows), []))).toBe('vision');
  expect(tellingQueue([])).toBeNull();
});
