import { type LabelSet, labelsFromObject } from '@binnacle/shared/telemetry/labels.ts';
import { SampleBatch } from '@binnacle/shared/telemetry/sample-batch.ts';

export const scrapeMs = 15_000;
export const spanMs = 6 * 3_600_000;
/** Samples of one series in one batch: five minutes. */
const samplesPerSlab = 20;
const slabMs = samplesPerSlab * scrapeMs;
const seriesPerBatch = 500;
/** Changes with every change of the generator, so that data of an older one are loaded anew. */
export const datasetVersion = 1;

/** What makes the next value of a series. `level` and `mode` are the series' state, `random` is uniform in [0, 1). */
type Step = (series: SeriesState, random: () => number) => number;

interface SeriesState {
  level: number;
  mode: number;
}

interface Metric {
  readonly name: string;
  readonly labels: (series: number) => Record<string, string>;
  readonly step: Step;
}

const clamp = (value: number, low: number, high: number) => Math.max(low, Math.min(high, value));
const thousandths = (value: number) => Math.round(value * 1000) / 1000;
const address = (host: number) => `10.24.${host >> 8}.${host & 255}`;
const digits = (value: number, count: number) => `${value}`.padStart(count, '0');

/** Eight GPUs per host, labelled as NVIDIA's exporter does. */
function gpuLabels(series: number): Record<string, string> {
  const host = series >> 3;
  const gpu = series & 7;
  const serial = Math.imul(series + 1, 0x9e3779b1) >>> 0;
  const hex = serial.toString(16).padStart(8, '0');
  return {
    Hostname: `gpu-${digits(host, 3)}`,
    UUID: `GPU-${hex}-${hex.slice(0, 4)}-4d1e-8b3a-${digits(series, 12)}`,
    device: `nvidia${gpu}`,
    gpu: `${gpu}`,
    modelName: 'NVIDIA H100 80GB HBM3',
    instance: `${address(host)}:9400`,
    job: 'dcgm',
  };
}

const networkLabels = (series: number) => ({
  device: `mlx5_${series & 7}`,
  instance: `${address(series >> 3)}:9100`,
  job: 'node',
});

const services = ['inference', 'gateway', 'registry', 'scheduler'];
const requestLabels = (series: number) => ({
  code: '200',
  instance: `${address(series >> 3)}:${8000 + (series & 7)}`,
  job: services[series & 3] as string,
});

/** A level that wanders within bounds. */
const wander =
  (low: number, high: number, stride: number, chance: number, round: (value: number) => number): Step =>
  (series, random) => {
    if (series.level === 0) series.level = low + (high - low) * random();
    if (random() < chance) series.level = clamp(series.level + (random() - 0.5) * 2 * stride, low, high);
    return round(series.level);
  };

/** A counter of whole numbers that starts anew about once in three days of a process, here more often. */
const counter =
  (largestIncrease: number, chanceOfIncrease: number, chanceOfReset: number): Step =>
  (series, random) => {
    if (series.mode === 0) {
      series.mode = 0.2 + random();
      series.level = Math.floor(random() * largestIncrease * 1000);
    } else if (random() < chanceOfReset) series.level = 0;
    if (random() < chanceOfIncrease) series.level += Math.floor(random() * largestIncrease * series.mode);
    return series.level;
  };

/** Percent of a GPU that works, waits or idles for minutes at a time. */
const utilization: Step = (series, random) => {
  if (series.mode === 0 || random() < 1 / 80) series.mode = 1 + Math.floor(random() * 3);
  if (series.mode === 1) return 90 + Math.floor(random() * 11);
  if (series.mode === 2) return 30 + Math.floor(random() * 30);
  return 0;
};

const clocks = [1980, 1965, 1755, 1410, 345];
const clock: Step = (series, random) => {
  if (random() < 0.04) series.mode = Math.floor(random() * clocks.length);
  return clocks[series.mode] as number;
};

export const metrics: readonly Metric[] = [
  { name: 'DCGM_FI_DEV_GPU_UTIL', labels: gpuLabels, step: utilization },
  { name: 'DCGM_FI_DEV_POWER_USAGE', labels: gpuLabels, step: wander(70, 700, 25, 1, thousandths) },
  { name: 'DCGM_FI_DEV_GPU_TEMP', labels: gpuLabels, step: wander(30, 85, 3, 0.2, Math.round) },
  { name: 'DCGM_FI_DEV_FB_USED', labels: gpuLabels, step: wander(500, 81_000, 20_000, 0.03, Math.round) },
  { name: 'DCGM_FI_DEV_SM_CLOCK', labels: gpuLabels, step: clock },
  { name: 'DCGM_FI_PROF_SM_ACTIVE', labels: gpuLabels, step: wander(0.001, 1, 0.1, 1, thousandths) },
  { name: 'DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION', labels: gpuLabels, step: counter(10_500_000, 1, 0) },
  { name: 'node_network_receive_bytes_total', labels: networkLabels, step: counter(40e9, 1, 1 / 3000) },
  { name: 'http_requests_total', labels: requestLabels, step: counter(900, 0.98, 1 / 1500) },
  { name: 'http_request_errors_total', labels: requestLabels, step: counter(6, 0.3, 1 / 1500) },
];

/**
 * The data of the benchmark: ten metrics of 2,000 series each (times the scale), six hours at 15 s. Equal arguments give
 * equal samples, bit for bit. Every host is scraped at its own ms within the 15 s, never at 0: no sample lies on the
 * boundary of a window.
 */
export class Dataset {
  readonly seriesPerMetric: number;
  readonly startMs: number;
  readonly endMs: number;

  /** `endMs` is a multiple of a minute. */
  constructor(scale: number, endMs: number) {
    this.seriesPerMetric = Math.max(2, Math.round(250 * scale)) * 8;
    this.endMs = endMs;
    this.startMs = endMs - spanMs;
  }

  get series(): number {
    return metrics.length * this.seriesPerMetric;
  }

  get samples(): number {
    return this.series * (spanMs / scrapeMs);
  }

  labels(): LabelSet[] {
    return metrics.flatMap(({ name, labels }) =>
      Array.from({ length: this.seriesPerMetric }, (_, i) => labelsFromObject({ __name__: name, ...labels(i) })),
    );
  }

  /**
   * Five minutes of all series at a time, in time order: each as batches of up to 500 series of 20 samples. The batches
   * are filled again for the next five minutes: encode them before going on.
   */
  *slabs(): Generator<readonly SampleBatch[]> {
    const labels = this.labels();
    const states = labels.map((): SeriesState => ({ level: 0, mode: 0 }));
    const seeds = Uint32Array.from(labels, (_, i) => Math.imul(i + 1, 0x85ebca6b) | 1);
    const batches: SampleBatch[] = [];
    for (let i = 0; i < labels.length; i++) {
      if (i % seriesPerBatch === 0) batches.push(new SampleBatch(seriesPerBatch * samplesPerSlab));
      batches.at(-1)?.addSeries(labels[i] as LabelSet);
    }
    let seed = 0;
    const random = () => {
      seed ^= seed << 13;
      seed ^= seed >>> 17;
      seed ^= seed << 5;
      return (seed >>> 0) / 2 ** 32;
    };
    for (let slab = 0; slab < spanMs / slabMs; slab++) {
      for (let b = 0; b < batches.length; b++) {
        const batch = batches[b] as SampleBatch;
        batch.length = 0;
        for (let s = 0; s < batch.series.length; s++) {
          const index = b * seriesPerBatch + s;
          const withinMetric = index % this.seriesPerMetric;
          const { step } = metrics[Math.floor(index / this.seriesPerMetric)] as Metric;
          const state = states[index] as SeriesState;
          const firstMs = this.startMs + slab * slabMs + hostOffsetMs(withinMetric >> 3);
          seed = seeds[index] as number;
          for (let i = 0; i < samplesPerSlab; i++) batch.append(s, firstMs + i * scrapeMs, step(state, random));
          seeds[index] = seed;
        }
      }
      yield batches;
    }
  }
}

/** 1 to 14,999 ms. */
const hostOffsetMs = (host: number) => 1 + ((host * 7919) % (scrapeMs - 1));
