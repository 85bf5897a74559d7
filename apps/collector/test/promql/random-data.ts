import { compareLabels } from '@binnacle/promql/evaluate/matrix.ts';
import { labelsFromObject } from '@binnacle/shared/telemetry/labels.ts';
import type { Random } from './random.ts';
import type { DataSeries, DataValue } from './series-data.ts';

/** What the generator of expressions knows of a metric. */
export interface Family {
  readonly name: string;
  readonly kind: 'counter' | 'gauge' | 'buckets';
  /** Labels that tell the series apart, and the values they have. */
  readonly labels: Readonly<Record<string, readonly string[]>>;
}

export interface World {
  readonly data: readonly DataSeries[];
  readonly families: readonly Family[];
  readonly startMs: number;
  readonly endMs: number;
}

const jobs = ['api', 'batch', 'web'] as const;
const instances = ['a:1', 'b:1', 'c:1'] as const;
const bounds = ['0.1', '0.25', '1', '2.5', '10', '+Inf'] as const;

/** All samples lie on quarters of a second and none on a whole one, so that queries can be asked on and off them. */
const tickMs = 250;

/** 4 h and 20 min: more than two of the store's buckets. */
const spanMs = 4 * 3_600_000 + 20 * 60_000;

/** Calls `sample` for each time of a scrape with jitter and gaps; what it leaves undefined is no sample. */
function scraped(
  random: Random,
  startMs: number,
  everyMs: number,
  sample: (index: number, timeMs: number) => DataValue | undefined,
): { times: number[]; values: DataValue[] } {
  const times: number[] = [];
  const values: DataValue[] = [];
  const jitterTicks = random.pick([0, 0, 1, 8, 24]);
  const gapChance = random.pick([0, 0.0005, 0.004]);
  const phase = random.whole(0, everyMs / tickMs - 1);
  let silentUntil = 0;
  for (let index = 0; ; index++) {
    let tick = Math.floor((index * everyMs) / tickMs) + phase + random.whole(0, jitterTicks);
    if (tick % 4 === 0) tick++;
    const timeMs = startMs + tick * tickMs;
    if (timeMs >= startMs + spanMs) break;
    if (timeMs <= (times.at(-1) ?? startMs)) continue;
    const value = sample(index, timeMs);
    if (random.chance(gapChance)) silentUntil = timeMs + random.whole(20, 900) * 1000;
    if (timeMs < silentUntil || value === undefined) continue;
    times.push(timeMs);
    values.push(value);
  }
  return { times, values };
}

const dyadic = (random: Random, low: number, high: number): number => random.whole(low * 64, high * 64) / 64;

function counter(random: Random, startMs: number, scale: number): Pick<DataSeries, 'times' | 'values'> {
  let value = random.pick([0, 0, 5 * scale, 1e6 * scale]);
  const restart = random.pick([0, 0.002, 0.02]);
  const idle = random.pick([0, 0.3, 0.9]);
  return scraped(random, startMs, random.pick([5000, 15_000, 15_000, 30_000]), () => {
    if (random.chance(restart)) value = random.pick([0, 0, scale, random.whole(0, 40) * scale]);
    else if (!random.chance(idle)) value += random.whole(0, 50) * scale;
    return value;
  });
}

function gauge(random: Random, startMs: number): Pick<DataSeries, 'times' | 'values'> {
  const middle = dyadic(random, -20, 80);
  const nanChance = random.pick([0, 0, 0.003, 0.05]);
  const staleChance = random.pick([0, 0, 0.004]);
  let gone = 0;
  return scraped(random, startMs, random.pick([10_000, 15_000, 15_000, 60_000]), (index) => {
    if (gone > 0) {
      gone--;
      return undefined;
    }
    if (random.chance(staleChance)) {
      gone = random.whole(0, 40);
      return 'stale';
    }
    if (random.chance(nanChance)) return Number.NaN;
    return middle + dyadic(random, -4, 4) + Math.round(512 * Math.sin(index / 37)) / 64;
  });
}

const extremes = [
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  Number.NaN,
  0,
  1e150,
  -1e150,
  1e-150,
  2.3e-308,
  2 ** 53,
  -(2 ** 53),
  1e15,
  1e15 + 0.125,
] as const;

/** Data that is hard on an engine: jitter, gaps, resets, NaN, infinities, stale markers, sparse series, all at once. */
export function randomWorld(random: Random, startMs: number): World {
  const data: DataSeries[] = [];
  const families: Family[] = [];
  const add = (
    name: string,
    kind: Family['kind'],
    labels: Record<string, readonly string[]>,
    make: (labels: Record<string, string>, index: number) => Pick<DataSeries, 'times' | 'values'>,
  ): void => {
    families.push({ name, kind, labels });
    let rows: Record<string, string>[] = [{}];
    for (const [label, values] of Object.entries(labels))
      rows = rows.flatMap((row) => values.map((value) => ({ ...row, [label]: value })));
    for (const [index, row] of rows.entries()) data.push({ labels: { __name__: name, ...row }, ...make(row, index) });
  };

  add('requests_total', 'counter', { job: jobs, instance: instances, code: ['200', '500'] }, () =>
    counter(random, startMs, 1),
  );
  add('bytes_total', 'counter', { job: jobs, instance: instances }, () => counter(random, startMs, 4096));
  add('temperature', 'gauge', { job: jobs, instance: instances, zone: ['east'] }, () => gauge(random, startMs));
  add('temperature_limit', 'gauge', { job: jobs, instance: instances, zone: ['east', 'west'] }, (_, index) =>
    scraped(random, startMs, 60_000, () => 40 + index),
  );
  // Small whole numbers: equal values within and between series, flat stretches, and zeros.
  add('level', 'gauge', { job: jobs, instance: instances }, () => {
    let value = random.whole(0, 5);
    return scraped(random, startMs, 15_000, () => {
      if (random.chance(0.1)) value = random.whole(0, 5);
      return value;
    });
  });
  add('extreme', 'gauge', { job: jobs, instance: ['a:1', 'b:1'] }, () => {
    const odd = random.pick([0.002, 0.02, 0.3]);
    return scraped(random, startMs, 20_000, () => (random.chance(odd) ? random.pick(extremes) : dyadic(random, 0, 9)));
  });
  add('sparse', 'gauge', { job: jobs }, () => {
    const keep = random.pick([0.02, 0.05, 0.1]);
    return scraped(random, startMs, 15_000, () => (random.chance(keep) ? random.whole(0, 1000) : undefined));
  });
  add('limit', 'gauge', { instance: instances }, (_, index) =>
    scraped(random, startMs, 30_000, () => 10 * (index + 1)),
  );
  add('latency_seconds_bucket', 'buckets', { job: jobs, le: bounds }, (row, index) => {
    const share = (index % bounds.length) + 1;
    let value = 0;
    return scraped(random, startMs, 15_000, () => {
      if (random.chance(0.001)) value = 0;
      value += share * 3 + (random.chance(row.job === 'web' ? 0.3 : 0) ? random.whole(0, 5) : 0);
      return value;
    });
  });
  add('last_run_timestamp_seconds', 'gauge', { job: jobs }, () => {
    let seconds = Math.floor(startMs / 1000) + random.whole(0, 300);
    return scraped(random, startMs, 15_000, (_, timeMs) => {
      if (timeMs / 1000 - seconds > 600) seconds = Math.floor(timeMs / 1000);
      return seconds;
    });
  });
  data.sort((a, b) => compareLabels(labelsFromObject(a.labels), labelsFromObject(b.labels)));
  return { data, families, startMs, endMs: startMs + spanMs };
}
