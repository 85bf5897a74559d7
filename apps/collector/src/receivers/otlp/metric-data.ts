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
const cumulative = 2;

export interface DataHead {
  readonly points: number;
  /** 1 delta, 2 cumulative, 0 not said */
  readonly temporality: number;
  readonly monotonic: boolean;
}

/** What `Gauge`, `Sum`, `Histogram`, … say of all their points. */
export function dataHead(reader: ProtobufReader, field: number, start: number, end: number): DataHead {
  let points = 0;
  let temporality = 0;
  let monotonic = false;
  reader.position = start;
  while (reader.position < end) {
    const tag = reader.uint32(end);
    if (tag === 0x0a) points++;
    if (tag === 0x10) temporality = reader.uint32(end);
    else if (tag === 0x18 && field === dataFields.sum) monotonic = reader.uint32(end) !== 0;
    else reader.skip(tag, end);
  }
  return { points, temporality, monotonic };
}

/** Why metrics of this kind are not taken, in a sentence for the sender; undefined where they are. */
export function faultOf(field: number, temporality: number): string | undefined {
  if (field === dataFields.exponentialHistogram)
    return 'exponential histograms are not taken; use explicit bucket boundaries';
  if (field !== dataFields.sum && field !== dataFields.histogram) return undefined;
  if (temporality === cumulative) return undefined;
  return temporality === 1
    ? 'delta temporality is not taken; set OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE=cumulative'
    : 'its aggregation temporality is not specified';
}

export function kindOf(field: number, { monotonic }: DataHead): MetricShape['kind'] {
  if (field === dataFields.histogram) return 'histogram';
  if (field === dataFields.summary) return 'summary';
  return monotonic ? 'counter' : 'gauge';
}
