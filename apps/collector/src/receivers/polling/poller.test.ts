import { BinnacleError } from '@binnacle/shared/errors.ts';
import { describe, expect, it, onTestFinished } from 'vitest';
import { untilSources } from '../contract/harness.ts';
import { Poller, type PollerOptions } from './poller.ts';
import { recorded } from './recorded.ts';

function poll(read: PollerOptions['read'], more: Partial<PollerOptions> = {}) {
  const context = recorded(() => 1_700_000_000_000);
  const poller = new Poller(
    {
      receiver: 'test',
      source: 'one',
      labels: { cluster: 'c1' },
      address: 'nowhere',
      intervalSeconds: 0.02,
      timeoutSeconds: 5,
      up: { job: 'test', instance: 'one' },
      metadata: [],
      read,
      ...more,
    },
    context,
  );
  onTestFinished(() => poller.stop());
  poller.start();
  const state = (wanted: string) =>
    untilSources(
      () => [poller.status()],
      ([status]) => status?.state === wanted,
    );
  return { context, poller, state };
}

describe('a polled source', () => {
  it('puts the configured labels on every sample, and leaves out what is not known', async () => {
    const { context, state } = poll(async (round) => {
      round.sample('a', { x: '1' }, 5);
      round.sample('b', {}, null);
      round.sample('c', {}, Number.NaN);
      round.sample('a', { x: '1' }, 6);
    });
    await state('up');
    expect(context.value('a', { x: '1', cluster: 'c1' })).toBe(6);
    expect(new Set(context.sink.samples.map(({ labels }) => labels.__name__))).toEqual(new Set(['up', 'a']));
    expect(context.sink.faults).toEqual([]);
  });

  it('marks its series as stale when a reading fails, and writes up 0', async () => {
    let fails = false;
    const { context, poller, state } = poll(async (round) => {
      round.sample('a', {}, 1);
      if (fails) throw new BinnacleError('upstream_failed', 'it is gone');
    });
    await state('up');
    fails = true;
    await state('down');
    expect(context.stale('a')).toBe(true);
    expect(context.value('up', { job: 'test', instance: 'one', cluster: 'c1' })).toBe(0);
    expect(poller.status().lastError).toBe('it is gone');
    fails = false;
    await state('up');
    expect(context.value('a')).toBe(1);
  });

  it('gives up on a reading that does not end, and ignores what it still does', async () => {
    const late = Promise.withResolvers<void>();
    let released = false;
    const { context, poller, state } = poll(
      async (round) => {
        if (released) return;
        await late.promise;
        round.sample('late', {}, 1);
      },
      { timeoutSeconds: 0.05 },
    );
    await state('down');
    expect(poller.status().lastError).toBe('No complete answer within 0.05 s.');
    released = true;
    late.resolve();
    await context.sink.until(() => context.value('up') === 1);
    // The reading under way at the release may end in time; those that were given up must not be heard of again.
    expect(context.sink.find({ __name__: 'late' }).length).toBeLessThanOrEqual(1);
  });

  it('never shows the words of an error that nobody foresaw', async () => {
    const { poller, state } = poll(async () => {
      throw new Error('password=hunter2');
    });
    await state('down');
    expect(poller.status().lastError).not.toContain('hunter2');
  });

  it('says that the store is busy, and is not up before a sample is in it', async () => {
    const { context, poller, state } = poll(async (round) => round.sample('a', {}, 1));
    context.sink.failNext(new BinnacleError('over_capacity', 'the store cannot keep up'));
    await untilSources(
      () => [poller.status()],
      ([status]) => status?.lastError?.includes('the store cannot keep up') === true,
    );
    expect(poller.status()).toMatchObject({ state: 'waiting', lastSampleAt: null });
    expect(await state('up')).toMatchObject([{ lastError: null, lastSampleAt: 1_700_000_000_000 }]);
  });

  it('never reads twice at once, however often it is poked', async () => {
    let atOnce = 0;
    let most = 0;
    const { context, poller } = poll(async () => {
      most = Math.max(most, ++atOnce);
      poller.poke();
      await new Promise(setImmediate);
      atOnce--;
    });
    await context.readings(5);
    expect(most).toBe(1);
  });

  it('writes a record again only when it changed', async () => {
    let body = 'first';
    const { context } = poll(async (round) => round.record('mcp_tool', 'c1', 'k', 1, body));
    await context.readings(3);
    body = 'second';
    await context.sink.until(() => context.sink.records.length === 2);
    await context.readings(context.sink.origins.length + 2);
    expect(context.sink.records.map((record) => record.body)).toEqual(['first', 'second']);
  });
});
