import type { ProtobufReader } from '../../wire/protobuf.ts';
import type { MetricShape } from './metric-name.ts';

/** Fields of `Metric` that carry data: https://github.com/open-telemetry/opentelemetry-proto, metrics/v1/metrics.proto */
export const dataFields = {
  gauge: 0x2a,
  sum: 0x3a,
  histogram: 0x4a,
  exponentialHistogram: 0x52,
  summary: 0x5a,
} as const;

/** `AggregationTemporality` */
export const temporalities = { unspecified: 0, delta: 1, cumulative: 2 } as const;

/** What `Gauge`, `Sum`, `Histogram`, … say of all their points. The object is used again for the next metric. */
export class DataHead {
  /** One of `dataFields`. */
  field = 0;
  start = 0;
  end = 0;
  points = 0;
  temporality = 0;
  monotonic = false;

  read(reader: ProtobufReader, field: number, start: number, end: number): void {
    this.field = field;
    this.start = start;
    this.end = end;
    this.points = 0;
    this.temporality = temporalities.unspecified;
    this.monotonic = false;
    reader.position = start;
    while (reader.position < end) {
      const tag = reader.uint32(end);
      if (tag === 0x0a) {
        this.points++;
        reader.position = reader.bytesEnd(end);
      } else if (tag === 0x10) this.temporality = reader.uint32(end);
      else if (tag === 0x18 && field === dataFields.sum) this.monotonic = reader.uint32(end) !== 0;
      else reader.skip(tag, end);
    }
  }

  /** Whether totals or differences are sent; gauges and summaries are what they are. */
  get temporal(): boolean {
    return this.field !== dataFields.gauge && this.field !== dataFields.summary;
  }

  get delta(): boolean {
    return this.temporal && this.temporality === temporalities.delta;
  }

  get kind(): MetricShape['kind'] {
    if (this.field === dataFields.histogram || this.field === dataFields.exponentialHistogram) return 'histogram';
    if (this.field === dataFields.summary) return 'summary';
    return this.field === dataFields.sum && this.monotonic ? 'counter' : 'gauge';
  }

  /** All of the above in a small number, so that metrics of other kinds are other metrics. */
  get shape(): number {
    return (this.field >>> 3) * 8 + (this.delta ? 4 : 0) + (this.monotonic ? 2 : 0);
  }

  /** Why metrics like this are not taken, in a sentence for the sender; undefined where they are. */
  get fault(): string | undefined {
    if (!this.temporal || this.temporality === temporalities.cumulative || this.delta) return undefined;
    return 'its aggregation temporality is not specified';
  }
}
