import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openEmbeddedEngine } from './embedded-engine.ts';
import type { Engine, ReadOptions } from './engine.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'binnacle-engine-'));
let engine: Engine;

beforeAll(async () => {
  engine = await openEmbeddedEngine(dataDir, 2, { maxExecutionSeconds: 20, maxMemoryBytes: 100_000_000 });
});

afterAll(async () => {
  await engine.close();
  rmSync(dataDir, { recursive: true, force: true });
});

const endless = 'SELECT sum(sipHash64(number)) AS n FROM numbers(1000000000000)';

async function ask(sql: string, options: ReadOptions = { heavy: true }): Promise<number> {
  let bytes = 0;
  for await (const piece of engine.read(sql, options)) bytes += piece.length;
  return bytes;
}

/** As a stream, and whole: bounded answers come in one piece. */
const ways: ReadOptions[] = [{ heavy: true }, { heavy: true, maxResultRows: 10 }, { heavy: false, maxResultRows: 10 }];

test.each(ways)('a running query is stopped by its signal (%j)', async (options) => {
  const abort = new AbortController();
  const startedAt = performance.now();
  const asked = ask(endless, { ...options, signal: abort.signal });
  const isRunning = async () =>
    (await engine.rows<{ query: string }>('SELECT query FROM system.processes')).some(({ query }) =>
      query.startsWith(endless),
    );
  await expect.poll(isRunning, { timeout: 10_000 }).toBe(true);
  abort.abort();
  await expect(asked).rejects.toMatchObject({ code: 'query_canceled' });
  expect(await isRunning()).toBe(false);
  expect(performance.now() - startedAt).toBeLessThan(15_000);
});

test.each(ways)('of a query that failed nothing is left (%j)', async (options) => {
  const watch = await openEmbeddedEngine(dataDir, 1, engine.limits);
  const left = () =>
    watch.rows<{ query: string }>(
      "SELECT query FROM system.processes WHERE query LIKE '%sipHash%' AND query NOT LIKE '%LIKE%'",
    );
  const abort = new AbortController();
  const asked = ask(endless, { ...options, signal: abort.signal });
  await expect.poll(left, { timeout: 10_000 }).toHaveLength(1);
  abort.abort();
  await expect(asked).rejects.toMatchObject({ code: 'query_canceled' });
  expect(await left()).toEqual([]);
  await watch.close();
});

test.each(ways)('a signal in the very moment of asking stops the query too (%j)', async (options) => {
  const abort = new AbortController();
  const startedAt = performance.now();
  const asked = ask(endless, { ...options, signal: abort.signal });
  queueMicrotask(() => abort.abort());
  await expect(asked).rejects.toMatchObject({ code: 'query_canceled' });
  await expect(ask(endless, { ...options, signal: abort.signal })).rejects.toMatchObject({ code: 'query_canceled' });
  expect(performance.now() - startedAt).toBeLessThan(15_000);
});

test('a signal in the moment in which a waiting query gets its Session stops it', async () => {
  const abort = new AbortController();
  const sessions = [1, 2].map(() => engine.read('SELECT 1', { heavy: false })[Symbol.asyncIterator]());
  for (const session of sessions) await session.next();
  const waiting = ask(endless, { heavy: false, signal: abort.signal });
  await sessions[0]?.return?.();
  abort.abort();
  await expect(waiting).rejects.toMatchObject({ code: 'query_canceled' });
  expect(await engine.rows(`SELECT 1 FROM system.processes WHERE startsWith(query, '${endless}')`)).toEqual([]);
  await sessions[1]?.return?.();
});

test('a small query is answered beside an endless one', async () => {
  const abort = new AbortController();
  const heavy = Promise.allSettled([1, 2].map(() => ask(endless, { heavy: true, signal: abort.signal })));
  expect(await ask('SELECT 1', { heavy: false })).toBeGreaterThan(0);
  await engine.ping('SELECT 1');
  abort.abort();
  for (const asked of await heavy)
    expect(asked).toMatchObject({ status: 'rejected', reason: { code: 'query_canceled' } });
});

test('a query that needs too much memory or returns too much is a limit, not a failure', async () => {
  const options = { heavy: false, maxResultRows: 10 };
  await expect(ask('SELECT groupArray(number) FROM numbers(100000000)')).rejects.toMatchObject({
    code: 'query_limit',
    message: expect.stringContaining('100000000 bytes'),
  });
  await expect(ask('SELECT number FROM numbers(100)', options)).rejects.toMatchObject({ code: 'query_limit' });
});

test('what the engine refuses is a failure of the store, its text only the cause', async () => {
  const error = await ask('SELECT nonsense').catch((caught: unknown) => caught);
  expect(error).toMatchObject({ code: 'store_unavailable', retry: true });
  expect(String(error)).not.toContain('nonsense');
});

test('closing stops what runs and what waits', async () => {
  const other = await openEmbeddedEngine(dataDir, 2, { maxExecutionSeconds: 60, maxMemoryBytes: 100_000_000 });
  const asked = [1, 2, 3].map(async () => {
    for await (const _ of other.read(endless, { heavy: false, maxResultRows: 10 })) throw new Error('answered');
  });
  const ended = Promise.allSettled(asked);
  await expect
    .poll(() => engine.rows(`SELECT 1 FROM system.processes WHERE startsWith(query, '${endless}')`), {
      timeout: 10_000,
    })
    .toHaveLength(2);
  await other.close();
  for (const outcome of await ended) expect(outcome).toMatchObject({ status: 'rejected' });
  expect(await engine.rows(`SELECT 1 FROM system.processes WHERE startsWith(query, '${endless}')`)).toEqual([]);
});
