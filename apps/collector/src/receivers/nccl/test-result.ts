import type { NcclTest } from '@binnacle/shared/api/domain.ts';

/** Mean of every bus bandwidth, both placements: what nccl-tests prints as its average. null without rows. In GB/s. */
export function meanBusGigabytes(rows: NcclTest['rows']): number | null {
  if (rows.length === 0) return null;
  let sum = 0;
  for (const row of rows) sum += row.busBandwidthBytesPerSecond / 1e9;
  return sum / rows.length;
}

/** What is read of one output of nccl-tests; the name comes from the configuration. */
export type TestResult = Omit<NcclTest, 'test'>;
