import { expect, it } from 'vitest';
import { ClickHouseFront } from './clickhouse-front.ts';
import { GatewayUnderFault } from './gateway-under-fault.ts';
import { bodyOf, RemoteWriter, series, type WriteAnswer } from './remote-writer.ts';

const connections = 64;
const lanes = 1000;
const awayMs = 1500;
const maxGrowthMiB = 250;
const labels = Array.from({ length: lanes }, (_, lane) => series('away_sample', { lane: `${lane}` }));

it('the store goes away, hangs, and comes back: 503 with Retry-After meanwhile, nothing acknowledged is lost', {
  timeout: 120_000,
}, async ({ annotate }) => {
  const front = await ClickHouseFront.start();
  const gateway = await GatewayUnderFault.start({
    config: 'limits: {inFlightBytes: 1048576, bodyBytes: 1048576}\n',
    env: { CLICKHOUSE_URL: front.url },
  });
  const writer = new RemoteWriter(gateway.url, connections);
  const baseMs = Math.floor(Date.now() / 1000) * 1000 - 6 * 3_600_000;
  const acknowledged = new Set<number>();
  const seen = {
    before: [] as WriteAnswer[],
    away: [] as WriteAnswer[],
    hung: [] as WriteAnswer[],
    after: [] as WriteAnswer[],
  };
  let phase: keyof typeof seen = 'before';
  let next = 0;
  let stopped = false;
  const lane = async () => {
    while (!stopped) {
      const n = next++;
      const at = phase;
      const answer = await writer.send(bodyOf(labels.map((of, i) => [of, baseMs + n * 1000, n * lanes + i])));
      if (answer.status === 204) acknowledged.add(n);
      // What spans a change belongs to neither side.
      if (at === phase) seen[at].push(answer);
      // As a sender that obeys, only quicker.
      if (answer.status === 503) await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  const running = Promise.all(Array.from({ length: connections }, lane));
  const acknowledgedIn = (of: WriteAnswer[]) => of.filter(({ status }) => status === 204).length;
  await expect.poll(() => acknowledgedIn(seen.before), { timeout: 20_000 }).toBeGreaterThan(20);
  const before = gateway.memory().nowMiB;

  await front.goAway();
  phase = 'away';
  await new Promise((resolve) => setTimeout(resolve, awayMs));
  const ready = await fetch(`${gateway.url}/readyz`);
  await front.comeBack();
  phase = 'after';
  await expect.poll(() => acknowledgedIn(seen.after), { timeout: 20_000 }).toBeGreaterThan(20);

  front.hang();
  phase = 'hung';
  await new Promise((resolve) => setTimeout(resolve, awayMs));
  // Those that were let in wait, the others are told at once; what waited is told when the connection ends.
  await front.goAway();
  await front.comeBack();
  phase = 'after';
  const sofar = acknowledgedIn(seen.after);
  await expect.poll(() => acknowledgedIn(seen.after), { timeout: 20_000 }).toBeGreaterThan(sofar + 20);
  stopped = true;
  await running;

  expect(ready.status).toBe(503);
  expect(seen.away.length).toBeGreaterThan(connections);
  expect(seen.hung.length).toBeGreaterThan(connections);
  for (const answers of [seen.away, seen.hung]) {
    expect([...new Set(answers.map(({ status }) => status))].filter((status) => status !== 503)).toEqual([]);
    expect(answers.every(({ retryAfter }) => (retryAfter ?? 0) >= 1)).toBe(true);
  }
  const { peakMiB } = gateway.memory();
  await annotate(
    `${next} requests, ${acknowledged.size} acknowledged, ${seen.away.length} refused while away, ${seen.hung.length} while it hung, resident ${before.toFixed(0)} → ${peakMiB.toFixed(0)} MiB`,
  );
  if (!Number.isNaN(peakMiB)) expect(peakMiB - before).toBeLessThan(maxGrowthMiB);
  const missing = new Set(acknowledged);
  const faults: string[] = [];
  for (const { values } of await gateway.raw('away_sample{lane=~"0|999"}', '7h')) {
    const times = new Set(values.map(([at]) => Math.round((at * 1000 - baseMs) / 1000)));
    if (times.size !== values.length) faults.push('a sample is there twice');
    for (const n of acknowledged) if (!times.has(n)) faults.push(`request ${n} is not there`);
    for (const n of times) missing.delete(n);
  }
  expect(faults.slice(0, 10)).toEqual([]);
  expect(missing.size).toBe(0);
  // Every lane of what was acknowledged, and of the others all or nothing.
  expect((await gateway.value('sum(count_over_time(away_sample[7h]))')) ?? 0).toBeGreaterThanOrEqual(
    acknowledged.size * lanes,
  );
  writer.close();
});
