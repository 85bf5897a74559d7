import { expect, it } from 'vitest';
import { GatewayUnderFault } from './gateway-under-fault.ts';
import { bodyOf, RemoteWriter, series } from './remote-writer.ts';

/** What a cluster of 10,000 GPUs sends; ten times that is offered. */
const ratedSamplesPerSecond = 100_000;
const offeredPerSecond = 10 * ratedSamplesPerSecond;
const seconds = Number(process.env.BINNACLE_FAULT_SECONDS ?? 4);
const samplesPerRequest = 2000;
const connections = 64;
const maxGrowthMiB = 700;

it('offered ten times its rate it says 503 with Retry-After, keeps its memory bounded, and keeps what it took', {
  timeout: 120_000,
}, async ({ annotate }) => {
  // Little room for what waits: a machine that is this much faster than its store.
  const gateway = await GatewayUnderFault.start({ config: 'limits: {inFlightBytes: 8388608, bodyBytes: 1048576}\n' });
  const writer = new RemoteWriter(gateway.url, connections);
  const labels = Array.from({ length: samplesPerRequest }, (_, i) => series('offered', { i: `${i}` }));
  const baseMs = Date.now() - 3_600_000;
  // Encoded beforehand: the sender must not be what limits the offer.
  const bodies = Array.from({ length: 300 }, (_, n) =>
    bodyOf(labels.map((of, i) => [of, baseMs + n * 1000, n * 1e4 + i])),
  );
  const acknowledged = new Set<number>();
  const before = gateway.memory().nowMiB;
  let refused = 0;
  let withoutRetryAfter = 0;
  let offered = 0;
  const unexpected = new Set<number>();
  const began = performance.now();
  const due = () => ((performance.now() - began) / 1000) * offeredPerSecond;
  const lane = async () => {
    while (performance.now() - began < seconds * 1000) {
      if (offered > due()) {
        await new Promise((resolve) => setTimeout(resolve, 5));
        continue;
      }
      const n = (offered / samplesPerRequest) % bodies.length;
      offered += samplesPerRequest;
      const { status, retryAfter } = await writer.send(bodies[n] as Uint8Array);
      if (status === 204) acknowledged.add(n);
      else if (status === 503) {
        refused++;
        if (!(Number(retryAfter) >= 1)) withoutRetryAfter++;
      } else unexpected.add(status);
    }
  };
  await Promise.all(Array.from({ length: connections }, lane));
  const { peakMiB } = gateway.memory();
  expect([...unexpected]).toEqual([]);
  expect(withoutRetryAfter).toBe(0);
  await annotate(
    `${Math.round(offered / seconds)} samples/s offered, ${refused} requests told 503, resident ${before.toFixed(0)} → ${peakMiB.toFixed(0)} MiB`,
  );
  expect(refused).toBeGreaterThan(0);
  if (!Number.isNaN(peakMiB)) expect(peakMiB - before).toBeLessThan(maxGrowthMiB);

  // It comes back by itself, and has all that it acknowledged.
  const last = bodyOf([[series('afterwards'), Date.now(), 1]]);
  expect((await writer.sendUntilTaken(last)).status).toBe(204);
  writer.close();
  // What was acknowledged from the spool is found when the store has taken it.
  const least = acknowledged.size * samplesPerRequest;
  await expect
    .poll(() => gateway.value('sum(count_over_time(offered[2h]))'), { timeout: 20_000 })
    .toBeGreaterThanOrEqual(least);
  const present = new Map<number, number>();
  for (const { values } of await gateway.raw('offered{i=~"7|1999"}', '2h')) {
    for (const [at] of values) {
      const n = Math.round((at * 1000 - baseMs) / 1000);
      present.set(n, (present.get(n) ?? 0) + 1);
    }
  }
  expect([...acknowledged].filter((n) => present.get(n) !== 2)).toEqual([]);
  expect(await gateway.value('sum(count_over_time(offered[2h]))')).toBe(present.size * samplesPerRequest);
});
