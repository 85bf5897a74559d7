import { labelsFromObject } from '@binnacle/shared/telemetry/labels.ts';
import { SampleBatch } from '@binnacle/shared/telemetry/sample-batch.ts';

/** Numbers from 0 to 1 that are the same in every run. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A kind of data on which plans could differ: the next value, from the one before. */
type Kind = (previous: number, random: () => number) => number | 'stale';

export const kinds: Readonly<Record<string, Kind>> = {
  whole_total: (previous, random) => (random() < 0.02 ? 0 : previous + Math.floor(random() * 40)),
  seconds_total: (previous, random) => previous + random() * 3,
  reset_seconds_total: (previous, random) => (random() < 0.03 ? random() : previous + random() * 3),
  gauge: (previous, random) => Math.abs(Math.round((previous + random() * 4 - 2) * 10) / 10) + 0.1,
  gauge_stale: (previous, random) => (random() < 0.05 ? 'stale' : Math.abs(previous + random() * 4 - 2)),
  signed: (_previous, random) => Math.round((random() - 0.5) * 100),
  large: (_previous, random) => 1e15 + Math.floor(random() * 4),
  flat: (previous) => (previous === 0 ? 0.1 : previous),
  odd_total: (previous, random) => {
    const chance = random();
    if (chance < 0.02) return Number.NaN;
    if (chance < 0.04) return Number.POSITIVE_INFINITY;
    return (Number.isFinite(previous) ? previous : 0) + Math.floor(random() * 10);
  },
};

/** Sums over buckets decline series that have samples twice: not every kind does. */
const twice: ReadonlySet<string> = new Set(['whole_total', 'gauge', 'gauge_stale']);

/** Two hours of every kind: samples that jitter, are missing, come twice with equal and with other values, and end early. */
export function plansData(startMs: number, seed: number): SampleBatch[] {
  const random = seeded(seed);
  const [batch, again] = [new SampleBatch(), new SampleBatch()];
  const append = (into: SampleBatch, series: number, timeMs: number, value: number | 'stale') =>
    value === 'stale' ? into.appendStale(series, timeMs) : into.append(series, timeMs, value);
  for (const [name, next] of Object.entries(kinds)) {
    for (let n = 0; n < 6; n++) {
      const labels = labelsFromObject({ __name__: name, host: `h${n}`, rack: `r${n % 3}` });
      const [series, seriesAgain] = [batch.addSeries(labels), again.addSeries(labels)];
      const endMs = n === 5 ? 3_000_000 : 7_200_000;
      let value: number | 'stale' = n;
      for (let t = n * 1700; t < endMs; t += 15_000) {
        if (random() < 0.05) t += Math.floor(random() * 600_000);
        value = next(value === 'stale' ? n : value, random);
        const timeMs = startMs + t + (random() < 0.3 ? Math.floor(random() * 900) : 0);
        append(batch, series, timeMs, value);
        if (n === 4 && twice.has(name) && random() < 0.1)
          append(again, seriesAgain, timeMs, random() < 0.5 ? value : next(n, random));
      }
    }
  }
  return [batch, again];
}
