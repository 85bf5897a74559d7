import { openTelemetryStore } from '@binnacle/db/telemetry/store.ts';
import { SampleBatch } from '@binnacle/shared/telemetry/sample-batch.ts';
import { expect, it } from 'vitest';
import { encodeWriteRequest } from '../../src/wire/remote-write-encode.ts';
import { GatewayUnderFault } from './gateway-under-fault.ts';
import { bodyOf, RemoteWriter, series } from './remote-writer.ts';

const hourMs = 3_600_000;
/** Low and high word of values whose bits an ordinary load and store may change. */
const peculiar: readonly (readonly [low: number, high: number])[] = [
  [0x00000002, 0x7ff00000], // stale marker
  [0x00000001, 0x7ff80000], // Prometheus' ordinary NaN
  [0xdeadbeef, 0x7ff800ab], // quiet NaN with a payload
  [0xcafebabe, 0xfff01234], // negative signalling NaN with a payload
  [0, 0x7ff00000], // +Inf
  [0, 0xfff00000], // -Inf
  [0, 0x80000000], // -0
  [1, 0], // the smallest number
];

it('takes duplicates, retries and any order, minds the clock, and keeps every bit', { timeout: 60_000 }, async () => {
  const gateway = await GatewayUnderFault.start();
  const writer = new RemoteWriter(gateway.url);
  const nowMs = Date.now();
  const startMs = nowMs - hourMs;
  const at = (i: number) => startMs + i * 1000;

  // Out of order: request by request, and within one request.
  const shuffled = series('shuffled');
  for (const from of [40, 0, 20, 10, 30]) {
    const body = bodyOf([9, 3, 5, 1, 7, 0, 2, 8, 4, 6].map((i) => [shuffled, at(from + i), from + i]));
    expect((await writer.send(body)).status).toBe(204);
    // The same again, as a sender that got no answer does.
    expect((await writer.send(body)).status).toBe(204);
  }
  const count = (selector: string) => gateway.value(`sum(count_over_time(${selector}[2h]))`);
  await expect.poll(() => count('shuffled'), { timeout: 20_000 }).toBe(50);
  const [back] = await gateway.raw('shuffled', '2h');
  expect(back?.values.map(([, value]) => Number(value))).toEqual(Array.from({ length: 50 }, (_, i) => i));
  expect(await gateway.value('sum(count_over_time(shuffled[2h]))')).toBe(50);

  // Many copies of the same request at once are one.
  const copies = bodyOf(Array.from({ length: 100 }, (_, i) => [series('copied', { i: `${i}` }), at(0), i]));
  await Promise.all(Array.from({ length: 16 }, () => writer.send(copies)));
  await expect.poll(() => count('copied'), { timeout: 20_000 }).toBe(100);
  expect(await gateway.value('sum(sum_over_time(copied[2h]))')).toBe(4950);

  // Two values for one time are one sample, whether the first is on disk already or in the same request.
  const rewritten = series('rewritten');
  await writer.send(bodyOf([[rewritten, at(0), 1]]));
  await writer.send(
    bodyOf([
      [rewritten, at(0), 2],
      [rewritten, at(1), 3],
      [rewritten, at(1), 4],
    ]),
  );
  await expect.poll(() => count('rewritten'), { timeout: 20_000 }).toBe(2);
  expect((await gateway.raw('rewritten', '2h'))[0]?.values.map(([, value]) => value)).toHaveLength(2);
  expect(await gateway.value('sum(count_over_time(rewritten[2h]))')).toBe(2);

  // An hour ahead is refused by name, its neighbours are stored; an hour behind is welcome.
  const ahead = await writer.send(
    bodyOf([
      [series('clock', { of: 'ahead' }), nowMs + hourMs, 1],
      [series('clock', { of: 'behind' }), nowMs - hourMs, 1],
    ]),
  );
  expect(ahead.status).toBe(400);
  expect(ahead.text).toContain('too_far_in_future (1)');
  await expect.poll(() => count('clock'), { timeout: 20_000 }).toBe(1);
  expect((await gateway.raw('clock', '2h')).map(({ metric }) => metric.of)).toEqual(['behind']);
  expect(await gateway.own('binnacle_source_refused_samples_total', 'reason="too_far_in_future"')).toBe(1);
  const ancient = await writer.send(bodyOf([[series('clock', { of: 'ancient' }), nowMs - 31 * 24 * hourMs, 1]]));
  expect(ancient.text).toContain('too_old (1)');

  const batch = new SampleBatch();
  const index = batch.addSeries(series('peculiar'));
  for (const [i, [low, high]] of peculiar.entries()) batch.appendBits(index, at(i), low, high);
  expect((await writer.send(encodeWriteRequest(batch))).status).toBe(204);
  writer.close();
  await expect.poll(async () => (await gateway.raw('peculiar', '2h')).length, { timeout: 20_000 }).toBe(1);
  // JSON cannot say which NaN it is; the store can, once the gateway has given it back.
  await gateway.kill();
  const store = await openTelemetryStore({ dataDir: `${gateway.dataDir}/telemetry` });
  try {
    const range = { fromMs: startMs, toMs: nowMs };
    const found = await store.select([{ name: '__name__', op: '=', value: 'peculiar' }], range);
    const words: number[][] = [];
    for await (const slab of store.scan({ series: found, ...range, maxSamples: 100 })) {
      for (let i = 0; i < (slab.ends[slab.count - 1] as number); i++)
        words.push([slab.valueWords[2 * i] as number, slab.valueWords[2 * i + 1] as number]);
    }
    expect(words).toEqual(peculiar);
  } finally {
    await store.close();
  }
});
