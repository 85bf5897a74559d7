import { type LabelSet, labelsFromObject } from '@binnacle/shared/telemetry/labels.ts';
import type { MetricMetadata, SampleBatch } from '@binnacle/shared/telemetry/sample-batch.ts';
import { ownMetrics } from '../polling/own-metrics.ts';
import type { TargetSpec } from './target-spec.ts';

const always = ownMetrics(
  'scrape_duration_seconds',
  'scrape_samples_scraped',
  'scrape_samples_post_metric_relabeling',
  'scrape_series_added',
);
const extra = ownMetrics('scrape_timeout_seconds', 'scrape_sample_limit', 'scrape_body_size_bytes').slice(1);

/** Families that the receiver adds for each target. */
export const scrapeMetrics: readonly MetricMetadata[] = [...always, ...extra];
export const ownFamilies: ReadonlySet<string> = new Set(scrapeMetrics.map(({ family }) => family));

/** What is said of one scrape. */
export interface ScrapeReport {
  readonly up: 0 | 1;
  readonly durationSeconds: number;
  readonly samples: number;
  readonly samplesKept: number;
  readonly seriesAdded: number;
  /** 0 where there was no body, -1 where it was too long. */
  readonly bodyBytes: number;
}

/** The series in which a target's scrapes are told of: as in Prometheus, with the target's labels, and not relabelled. */
export class ReportSeries {
  readonly metadata: readonly MetricMetadata[];
  readonly #spec: TargetSpec;
  readonly #series: readonly LabelSet[];

  constructor(spec: TargetSpec) {
    this.#spec = spec;
    this.metadata = spec.pool.extraMetrics ? scrapeMetrics : always;
    const labels = { ...spec.pool.defaultLabels, ...spec.labels };
    this.#series = this.metadata.map(({ family }) => labelsFromObject({ ...labels, __name__: family }));
  }

  append(batch: SampleBatch, atMs: number, report: ScrapeReport): void {
    const { up, durationSeconds, samples, samplesKept, seriesAdded, bodyBytes } = report;
    const values = [up, durationSeconds, samples, samplesKept, seriesAdded];
    values.push(this.#spec.timeoutSeconds, this.#spec.pool.sampleLimit, bodyBytes);
    for (const [i, labels] of this.#series.entries()) {
      batch.append(batch.addSeries(labels), atMs, values[i] as number);
    }
  }

  appendStale(batch: SampleBatch, atMs: number): void {
    for (const labels of this.#series) batch.appendStale(batch.addSeries(labels), atMs);
  }
}
