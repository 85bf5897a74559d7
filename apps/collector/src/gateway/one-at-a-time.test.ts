import { pino } from 'pino';
import { expect, it } from 'vitest';
import { inTurn, sharedStoreLock } from './one-at-a-time.ts';

const log = pino({ level: 'silent' });

/** Locks of one key, as processes on one Postgres have them. */
function locks() {
  let holder: object | undefined;
  return () => {
    const me = {};
    return {
      hold: async () => {
        holder ??= me;
        return holder === me;
      },
      release: async () => {
        if (holder === me) holder = undefined;
      },
    };
  };
}

it('runs one at a time, each in the end, also after one that failed', async () => {
  const lock = locks();
  let inside = 0;
  const ran: number[] = [];
  const work = async (at: number) => {
    expect(++inside).toBe(1);
    await new Promise((resolve) => setImmediate(resolve));
    inside--;
    ran.push(at);
    if (at === 0) throw new Error('the first fails');
    return at;
  };
  const all = await Promise.allSettled([0, 1, 2].map((at) => inTurn(lock(), log, () => work(at), 1)));
  expect(all.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
  expect(ran.toSorted()).toEqual([0, 1, 2]);
});

it('does not wait for a Postgres that is away', async () => {
  let released = 0;
  const away = {
    hold: () => Promise.reject(new Error('away')),
    release: async () => {
      released++;
    },
  };
  expect(await inTurn(away, log, async () => 'done')).toBe('done');
  expect(released).toBe(1);
});

it('has a lock only where several gateways may share a store', () => {
  const [clickhouseUrl, databaseUrl] = ['http://clickhouse:8123', 'postgres://127.0.0.1:1/binnacle'];
  expect(sharedStoreLock({ clickhouseUrl: undefined, databaseUrl }, 'retention')).toBeUndefined();
  expect(sharedStoreLock({ clickhouseUrl, databaseUrl: undefined }, 'retention')).toBeUndefined();
  expect(sharedStoreLock({ clickhouseUrl, databaseUrl }, 'retention')).toBeDefined();
});
