import { z } from 'zod';
import { labelsOption } from '../polling/options.ts';

const mebibyte = 1024 * 1024;
const attribute = z.string().min(1).max(256);

export const otlpConfig = z.strictObject({
  labels: labelsOption,
  translationStrategy: z
    .enum(['UnderscoreEscapingWithSuffixes', 'UnderscoreEscapingWithoutSuffixes'])
    .default('UnderscoreEscapingWithSuffixes')
    .describe(
      "How metric names become Prometheus', as Prometheus' option of this name: with unit and `_total` (default), or without.",
    ),
  promoteResourceAttributes: z
    .array(attribute)
    .max(256)
    .default([])
    .describe('Resource attributes that become a label of every series; the others are labels of target_info.'),
  clusterAttributes: z
    .array(attribute)
    .max(16)
    .default(['cluster', 'k8s.cluster.name'])
    .describe('Resource attributes that may name the cluster; the first that is there becomes the label `cluster`.'),
  targetInfo: z.boolean().default(true).describe('Write target_info with the other resource attributes; default true.'),
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
