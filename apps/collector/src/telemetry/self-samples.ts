import { type LabelSet, labelsFromObject } from '@binnacle/shared/telemetry/labels.ts';
import { SampleBatch } from '@binnacle/shared/telemetry/sample-batch.ts';
import { DataPointType, type MetricData, type ResourceMetrics } from '@opentelemetry/sdk-metrics';

type Point = MetricData['dataPoints'][number];

/**
 * Turns the collector's own metrics into samples under the names that `/metrics` shows. One object per process: labels
 * of a series seen before are handed over again.
 */
export class SelfSamples {
  readonly #base: Readonly<Record<string, string>>;
  readonly #interned = new Map<string, LabelSet>();

  /** `base`: labels of every series, such as job and instance. */
  constructor(base: Readonly<Record<string, string>>) {
    this.#base = base;
  }

  batch(own: ResourceMetrics, atMs: number): SampleBatch {
    const batch = new SampleBatch(512);
    for (const scope of own.scopeMetrics) {
      for (const metric of scope.metrics) this.#metric(batch, metric, atMs);
    }
    this.#add(batch, 'up', {}, '', 1, atMs);
    return batch;
  }

  #metric(batch: SampleBatch, metric: MetricData, atMs: number): void {
    const { name, description, unit } = metric.descriptor;
    const type =
      metric.dataPointType === DataPointType.HISTOGRAM
        ? 'histogram'
        : metric.dataPointType === DataPointType.SUM && metric.isMonotonic
          ? 'counter'
          : 'gauge';
    batch.metadata.push({ family: name, type, help: description, unit });
    if (metric.dataPointType === DataPointType.EXPONENTIAL_HISTOGRAM) return;
    if (metric.dataPointType !== DataPointType.HISTOGRAM) {
      for (const point of metric.dataPoints) this.#add(batch, name, point.attributes, '', point.value, atMs);
      return;
    }
    for (const { attributes, value } of metric.dataPoints) {
      this.#add(batch, `${name}_count`, attributes, '', value.count, atMs);
      if (value.sum !== undefined) this.#add(batch, `${name}_sum`, attributes, '', value.sum, atMs);
      let cumulative = 0;
      for (const [i, count] of value.buckets.counts.entries()) {
        cumulative += count;
        this.#add(batch, `${name}_bucket`, attributes, String(value.buckets.boundaries[i] ?? '+Inf'), cumulative, atMs);
      }
    }
  }

  #add(
    batch: SampleBatch,
    name: string,
    attributes: Point['attributes'],
    le: string,
    value: number,
    atMs: number,
  ): void {
    const key = `${name}\n${le}\n${JSON.stringify(attributes)}`;
    let labels = this.#interned.get(key);
    if (labels === undefined) {
      const own: Record<string, string> = { ...this.#base };
      for (const [label, text] of Object.entries(attributes)) own[label] = String(text);
      if (le !== '') own.le = le;
      own.__name__ = name;
      labels = labelsFromObject(own);
      this.#interned.set(key, labels);
    }
    batch.append(batch.addSeries(labels), atMs, value);
  }
}
