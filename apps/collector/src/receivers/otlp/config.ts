import { z } from 'zod';
import { labelsOption } from '../polling/options.ts';
import { fewestBounds } from './exponential-bounds.ts';

const mebibyte = 1024 * 1024;
const attribute = z.string().min(1).max(256);

export const otlpConfig = z.strictObject({
  labels: labelsOption,
  translationStrategy: z
    .enum([
      'UnderscoreEscapingWithSuffixes',
      'UnderscoreEscapingWithoutSuffixes',
      'NoUTF8EscapingWithSuffixes',
      'NoTranslation',
    ])
    .default('UnderscoreEscapingWithSuffixes')
    .describe(
      "How names become Prometheus', as Prometheus' option of this name: what it does not allow as `_`, with unit and `_total` behind metric names (default) or without; or in UTF-8 as they are, with these suffixes or without.",
    ),
  promoteResourceAttributes: z
    .array(attribute)
    .max(256)
    .default([])
    .describe('Resource attributes that become a label of every series; the others are labels of target_info.'),
  keepIdentifyingResourceAttributes: z
    .boolean()
    .default(false)
    .describe(
      'Keep service.name, service.namespace and service.instance.id as labels of target_info too, beside job and instance; default false.',
    ),
  promoteScopeMetadata: z
    .boolean()
    .default(false)
    .describe(
      'Put the instrumentation scope on every series: `otel_scope_name`, `otel_scope_version` and `otel_scope_<attribute>`; default false.',
    ),
  clusterAttributes: z
    .array(attribute)
    .max(16)
    .default(['cluster', 'k8s.cluster.name'])
    .describe('Resource attributes that may name the cluster; the first that is there becomes the label `cluster`.'),
  targetInfo: z.boolean().default(true).describe('Write target_info with the other resource attributes; default true.'),
  deltaMaxSeries: z
    .int()
    .min(1)
    .max(100_000_000)
    .default(200_000)
    .describe(
      'Series with delta temporality that are added up at once; deltas of further ones are refused as too_many_series. Default 200000.',
    ),
  deltaGaps: z
    .enum(['continue', 'restart'])
    .default('continue')
    .describe(
      'What a total does where deltas are missing, or where an SDK left out a series that had nothing to tell: go on (default), or begin anew, as the data model has it. Rates are the same.',
    ),
  deltaMaxStaleSeconds: z
    .int()
    .min(1)
    .max(7 * 86_400)
    .default(3600)
    .describe(
      'A total without a new delta for so long is forgotten, and its next delta begins a new one. Default 3600.',
    ),
  exponentialMaxBounds: z
    .int()
    .min(fewestBounds)
    .max(1000)
    .default(20)
    .describe(
      'Most `le` bounds of a metric that comes as exponential histograms, +Inf not counted; where its values need more, every second bound goes. Default 20.',
    ),
  exponentialMaxScale: z
    .int()
    .min(-4)
    .max(8)
    .default(2)
    .describe(
      'Finest scale of these bounds: neighbours are at least 2^(2^-scale) apart, 1.19 times at scale 2, twice at 0. Default 2.',
    ),
  maxBodyBytes: z
    .int()
    .min(1024)
    .max(1024 * mebibyte)
    .default(16 * mebibyte)
    .describe('Largest body as it is sent; more is answered 413. Default 16777216 (16 MiB).'),
  maxInflatedBytes: z
    .int()
    .min(1024)
    .max(1024 * mebibyte)
    .default(64 * mebibyte)
    .describe('Largest body after decompression; more is answered 413. Default 67108864 (64 MiB).'),
});

export type OtlpConfig = z.infer<typeof otlpConfig>;
