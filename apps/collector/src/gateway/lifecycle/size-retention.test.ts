import { pino } from 'pino';
import { expect, it } from 'vitest';
import { startMetrics } from '../../telemetry/metrics.ts';
import { startSizeRetention } from './size-retention.ts';

it('says what is dropped and what the store takes, and warns once where it cannot go lower', async () => {
  const metrics = startMetrics('gateway', 'test');
  const lines: string[] = [];
  const log = pino({}, { write: (line) => void lines.push((JSON.parse(line) as { msg: string }).msg) });
  const answers = [
    { bytes: 90, droppedBytes: 30, droppedPartitions: 2, droppedBeforeMs: 5 },
    { bytes: 150, droppedBytes: 0, droppedPartitions: 0, droppedBeforeMs: undefined },
    { bytes: 160, droppedBytes: 0, droppedPartitions: 0, droppedBeforeMs: undefined },
  ];
  const asked: number[] = [];
  const store = {
    dropOldest: async (maxBytes: number) => {
      asked.push(maxBytes);
      const answer = answers.shift();
      if (answer === undefined) throw new Error('away');
      return answer;
    },
  };
  const retention = startSizeRetention({ store, retentionBytes: 100, log, intervalMs: 1e9 });
  await retention.check();
  expect(await metrics.render()).toMatch(/^binnacle_store_bytes 90$/m);
  expect(await metrics.render()).toMatch(/^binnacle_retention_dropped_bytes_total 30$/m);
  await retention.check();
  await retention.check();
  expect(await metrics.render()).toMatch(/^binnacle_store_bytes 160$/m);
  await retention.check();
  expect(await metrics.render()).not.toMatch(/^binnacle_store_bytes/m);
  await retention.stop();
  await metrics.stop();
  expect(asked).toEqual([100, 100, 100, 100]);
  expect(lines).toEqual([
    expect.stringContaining('the oldest telemetry was dropped'),
    expect.stringContaining('not old enough'),
    expect.stringContaining('could not be looked up'),
  ]);
});

it('drops only while it holds the lock that gateways on one store share', async () => {
  const asked: number[] = [];
  const store = {
    dropOldest: async (maxBytes: number) => {
      asked.push(maxBytes);
      return { bytes: 90, droppedBytes: 0, droppedPartitions: 0, droppedBeforeMs: undefined };
    },
  };
  const answers = [async () => false, async () => Promise.reject(new Error('Postgres is away')), async () => true];
  let released = 0;
  const lock = {
    hold: () => (answers.shift() as () => Promise<boolean>)(),
    release: async () => {
      released++;
    },
  };
  const log = pino({ level: 'silent' });
  const retention = startSizeRetention({ store, retentionBytes: 100, lock, log, intervalMs: 1e9 });
  await retention.check();
  await retention.check();
  await retention.check();
  await retention.stop();
  expect(asked).toEqual([Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, 100]);
  expect(released).toBe(1);
});
