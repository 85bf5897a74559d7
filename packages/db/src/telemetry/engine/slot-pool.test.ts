import { expect, test } from 'vitest';
import { SlotPool } from './slot-pool.ts';

test('a small query gets a slot while heavy ones wait', async () => {
  const pool = new SlotPool(['a', 'b']);
  const heavy = await pool.acquire(true);
  let secondHeavy = false;
  const waiting = pool.acquire(true).then((lease) => {
    secondHeavy = true;
    return lease;
  });
  const small = await pool.acquire(false);
  expect(secondHeavy).toBe(false);
  small.release();
  await Promise.resolve();
  expect(secondHeavy).toBe(false);
  heavy.release();
  (await waiting).release();
  expect(secondHeavy).toBe(true);
});

test('a single slot serves heavy and small queries in turn', async () => {
  const pool = new SlotPool(['only']);
  const first = await pool.acquire(true);
  const order: string[] = [];
  const second = pool.acquire(false).then((lease) => {
    order.push('small');
    lease.release();
  });
  const third = pool.acquire(true).then((lease) => {
    order.push('heavy');
    lease.release();
  });
  first.release();
  await Promise.all([second, third]);
  expect(order).toEqual(['small', 'heavy']);
});

test('a full queue refuses', async () => {
  const pool = new SlotPool(['a'], 1);
  const lease = await pool.acquire(false);
  const queued = pool.acquire(false);
  await expect(pool.acquire(false)).rejects.toMatchObject({ code: 'over_capacity', retry: true });
  lease.release();
  (await queued).release();
});

test('a queue full of heavy queries does not keep small ones out', async () => {
  const pool = new SlotPool(['a', 'b'], 1);
  const heavy = await pool.acquire(true);
  const small = await pool.acquire(false);
  const queued = pool.acquire(true);
  await expect(pool.acquire(true)).rejects.toMatchObject({ code: 'over_capacity' });
  const next = pool.acquire(false);
  small.release();
  (await next).release();
  heavy.release();
  (await queued).release();
});

test('a query that is canceled while it waits leaves the queue', async () => {
  const pool = new SlotPool(['a'], 1);
  const lease = await pool.acquire(false);
  const abort = new AbortController();
  const queued = pool.acquire(false, abort.signal);
  abort.abort();
  await expect(queued).rejects.toMatchObject({ code: 'query_canceled' });
  const next = pool.acquire(false);
  lease.release();
  expect((await next).slot).toBe('a');
});

test('releasing twice frees one slot', async () => {
  const pool = new SlotPool(['a'], 0);
  const lease = await pool.acquire(false);
  lease.release();
  lease.release();
  await pool.acquire(false);
  await expect(pool.acquire(false)).rejects.toMatchObject({ code: 'over_capacity' });
});
