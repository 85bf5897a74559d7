import { z } from 'zod';

const bytes = (help: string) =>
  z
    .int()
    .min(2 ** 20)
    .optional()
    .describe(help);

/** `gateway.storage:` of the config file: what the telemetry store may take of its disk. */
export const storageLimitsSchema = z.strictObject({
  minFreeBytes: bytes(
    'Free space below which nothing is taken in any more: 503 until there is a quarter more than that. Default: 2 % of the disk, at least 1 GiB and at most 20 GiB.',
  ),
  retentionBytes: bytes(
    'Bytes on disk that telemetry may take; beyond, the oldest samples, spans and log records are dropped before their days are over, but nothing of the last two hours. Default: no bound.',
  ),
});

export type StorageLimits = z.output<typeof storageLimitsSchema>;
