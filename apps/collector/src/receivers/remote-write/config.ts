import { z } from 'zod';
import { labelsOption } from '../polling/options.ts';

const mebibyte = 1024 * 1024;

export const remoteWriteConfig = z.strictObject({
  labels: labelsOption,
  maxBodyBytes: z
    .int()
    .min(1024)
    .max(1024 * mebibyte)
    .default(16 * mebibyte)
    .describe('Largest body as it is sent, compressed; more is answered 413. Default 16777216 (16 MiB).'),
  maxInflatedBytes: z
    .int()
    .min(1024)
    .max(1024 * mebibyte)
    .default(64 * mebibyte)
    .describe('Largest body after decompression; more is answered 413. Default 67108864 (64 MiB).'),
  maxSeries: z
    .int()
    .min(1000)
    .max(20_000_000)
    .default(500_000)
    .describe('Series whose labels are kept decoded; more are taken too, but decoded anew. Default 500000.'),
  maxHistogramBuckets: z
    .int()
    .min(8)
    .max(2000)
    .default(160)
    .describe(
      'Buckets that one native histogram is stored with; where it has more, neighbours are merged. Default 160.',
    ),
});

export type RemoteWriteConfig = z.infer<typeof remoteWriteConfig>;
