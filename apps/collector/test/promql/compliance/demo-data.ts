import { Random } from '../random.ts';
import type { DataSeries } from '../series-data.ts';

/** The three instances, and when within a scrape interval each is scraped: never on a whole second. */
const instances = [
  { name: 'demo-service:8001', phaseMs: 137 },
  { name: 'demo-service:8002', phaseMs: 1749 },
  { name: 'demo-service:8003', phaseMs: 3388 },
] as const;

const scrapeMs = 5000;
/** An hour of range, ten minutes of offset, ten of queries, and some more. */
const scrapes = (95 * 60_000) / scrapeMs;

export const demoStartMs = 1_790_000_000_000;
export const demoEndMs = demoStartMs + scrapes * scrapeMs;

const bounds = ['0.0001', '0.001', '0.01', '0.05', '0.1', '0.25', '0.5', '1', '5', '+Inf'] as const;
const endpoints = [
  ['GET', '/', '200', 40],
  ['GET', '/items', '200', 25],
  ['POST', '/items', '500', 0.4],
  ['PUT', '/items/1', '404', 0],
] as const;

/** What a small service shows of itself: gauges, counters that reset, a histogram, a batch job, and a metric that comes and goes. */
export function demoData(): DataSeries[] {
  const data: DataSeries[] = [];
  for (const [number, { name: instance, phaseMs }] of instances.entries()) {
    const random = new Random(1000 + number);
    const add = (
      name: string,
      labels: Record<string, string>,
      sample: (scrape: number, seconds: number) => number | 'stale' | undefined,
    ): void => {
      const times: number[] = [];
      const values: (number | 'stale')[] = [];
      for (let scrape = 0; scrape < scrapes; scrape++) {
        const timeMs = demoStartMs + scrape * scrapeMs + phaseMs;
        const value = sample(scrape, timeMs / 1000);
        if (value === undefined) continue;
        times.push(timeMs);
        values.push(value);
      }
      data.push({ labels: { __name__: name, job: 'demo', instance, ...labels }, times, values });
    };
    const wave = (scrape: number, every: number): number => 1 + Math.sin((scrape + 97 * number) / every);
    /** A counter that restarts from zero with its process, each instance at its own time. */
    const counter = (perScrape: (scrape: number) => number, from: number) => {
      let value = from;
      return (scrape: number): number => {
        value = scrape === 333 * (number + 1) ? 0 : value + perScrape(scrape);
        return value;
      };
    };

    add('up', {}, () => 1);
    add('demo_num_cpus', {}, () => 4);
    for (const [mode, share] of [
      ['idle', 2.5],
      ['user', 1],
      ['system', 0.5],
    ] as const)
      add(
        'demo_cpu_usage_seconds_total',
        { mode },
        counter((scrape) => share * (4 + wave(scrape, 40) + random.next()), 1e5 * share),
      );
    for (const [type, bytes] of [
      ['used', 2e9],
      ['free', 1.3e9],
      ['cached', 6e8],
      ['buffers', 2e8],
    ] as const)
      add('demo_memory_usage_bytes', { type }, (scrape) =>
        Math.round(bytes * (1 + 0.1 * wave(scrape, 25) + 0.02 * random.next())),
      );
    add('demo_disk_total_bytes', {}, () => 2.5e11);
    add('demo_disk_usage_bytes', {}, (scrape) => Math.round(8e10 + 3e6 * scrape + 1e7 * random.next()));
    add(
      'demo_items_shipped_total',
      {},
      counter(() => (random.chance(0.2) ? random.whole(1, 4) : 0), 9000),
    );
    add('demo_is_holiday', {}, (scrape) => (scrape % 100 < 30 ? 1 : 0));
    let lastRun = Math.floor(demoStartMs / 1000) - 100 * number;
    add('demo_batch_last_run_timestamp_seconds', {}, (_, seconds) => {
      if (seconds - lastRun > 240) lastRun = Math.floor(seconds);
      return lastRun;
    });
    let lastSuccess = Math.floor(demoStartMs / 1000) - 300 * number;
    add('demo_batch_last_success_timestamp_seconds', {}, (_, seconds) => {
      if (seconds - lastSuccess > 480) lastSuccess = Math.floor(seconds) - 13;
      return lastSuccess;
    });
    add('demo_intermittent_metric', {}, (scrape) => {
      const phase = (scrape + 11 * number) % 120;
      return phase < 70 ? 1 : phase === 70 ? 'stale' : undefined;
    });
    for (const [method, path, status, perScrape] of endpoints) {
      const labels = { method, path, status };
      const seen = bounds.map((_, i) =>
        counter(() => Math.round((perScrape * (i + 1) ** 2) / 100), 1000 * perScrape * (i + 1)),
      );
      for (const [i, le] of bounds.entries())
        add('demo_api_request_duration_seconds_bucket', { ...labels, le }, seen[i] as (scrape: number) => number);
      add(
        'demo_api_request_duration_seconds_count',
        labels,
        counter(() => Math.round(perScrape), 1e4 * perScrape),
      );
      add(
        'demo_api_request_duration_seconds_sum',
        labels,
        counter(() => 0.03 * perScrape * (1 + random.next()), 300 * perScrape),
      );
    }
  }
  return data;
}
