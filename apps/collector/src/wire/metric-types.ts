import type { MetricType } from '@binnacle/shared/telemetry/sample-batch.ts';

/** `prometheus.MetricMetadata.MetricType`, in the order of its numbers. */
export const metricTypes: readonly MetricType[] = [
  'unknown',
  'counter',
  'gauge',
  'histogram',
  'gaugehistogram',
  'summary',
  'info',
  'stateset',
];
