import { z } from 'zod';

const count = (least: number, most: number, standard: number, help: string) =>
  z.int().min(least).max(most).default(standard).describe(help);

/** `gateway.queries:` of the config file: what one query may take, and all of them together. Rules have the same, apart. */
export const queryLimitsSchema = z.strictObject({
  timeoutSeconds: count(1, 3600, 60, 'How long a query may take, waiting for its turn included; 503 beyond.'),
  maxPoints: count(10, 1_000_000, 11_000, 'Steps of a range query; 400 beyond.'),
  maxSeries: count(1, 10_000_000, 100_000, 'Series that one selector may read; 422 beyond.'),
  maxSamplesRead: count(1000, 100_000_000_000, 200_000_000, 'Samples that a query may read in all; 422 beyond.'),
  maxSamples: count(
    1000,
    1_000_000_000,
    20_000_000,
    'Samples and values that a query may hold at once, some 9 to 16 bytes each; a series counts as 32 more. 422 beyond.',
  ),
  maxSamplesTogether: count(
    1000,
    10_000_000_000,
    60_000_000,
    'Samples and values that all queries together may hold, answers that are being sent included; beyond, 503 for large ones.',
  ),
  storeMemoryBytes: count(
    16 * 2 ** 20,
    2 ** 40,
    2 ** 30,
    'Memory that ClickHouse may take for one statement of a query; 422 beyond.',
  ),
});

export type QueryLimits = z.output<typeof queryLimitsSchema>;
