import { z } from 'zod';

/** GET /api/binnacle/freshness. Times are ms since 1970; null is not known, never none. */

const refusal = z.object({
  /** A reason of samples, or an error code of whole requests. */
  reason: z.string(),
  count: z.number(),
  lastAt: z.number(),
  /** Labels and fault of the newest one, or the sentence that its sender was told. */
  example: z.string(),
});
export type Refusal = z.infer<typeof refusal>;

export const freshnessRow = z.object({
  receiver: z.string(),
  source: z.string(),
  /** Who pushes, where the row is one of those who push into a door. */
  sender: z.string().nullable(),
  /**
   * polled: read at an interval; door: all that push into it; sender: one of those; self: the gateway's own metrics;
   * gone: it sent before, and is configured no more.
   */
  kind: z.enum(['polled', 'door', 'sender', 'self', 'gone']),
  cluster: z.string(),
  /** What the receiver says of it; null of senders and of what is gone. */
  state: z.enum(['up', 'down', 'waiting', 'consent']).nullable(),
  address: z.string().nullable(),
  lastError: z.string().nullable(),
  /** As configured; null where the sender decides. */
  intervalMs: z.number().nullable(),
  /** Since the gateway began. */
  accepted: z.number(),
  /** Over the last minute. */
  acceptedPerSecond: z.number().nullable(),
  refusedPerSecond: z.number().nullable(),
  refused: z.array(refusal),
  refusedRequests: z.array(refusal),
  /** Newest sample, by the source's clock. */
  lastSampleAt: z.number().nullable(),
  /** When anything last came, by the gateway's clock. */
  lastArrivalAt: z.number().nullable(),
  /** When something that was accepted last came. */
  lastAcceptedAt: z.number().nullable(),
  /** How often something comes: from what was seen. */
  usualIntervalMs: z.number().nullable(),
  /** After which pause it counts as silent. */
  silenceAfterMs: z.number().nullable(),
  /** Silent since the gateway began, ms. */
  silentMs: z.number(),
  /** Arrival less newest sample time, robustly. Below 0 its clock is ahead; above 0 it is behind, or the source is late. */
  lagMs: z.number().nullable(),
  lagIsSteady: z.boolean().nullable(),
  /** Series of the last hour or two; null of senders, whose series are counted at their door. */
  activeSeries: z.number().nullable(),
  /** All that is known is from before the gateway's restart. */
  recalled: z.boolean(),
});
export type FreshnessRow = z.infer<typeof freshnessRow>;

export const freshnessAnswer = z.object({
  at: z.number(),
  /** Label `instance` of the gateway's own metrics. */
  instance: z.string(),
  startedAt: z.number(),
  /** Newest sign of life of the process before this one; null: there was none, or nobody could find out. */
  previousSeenAt: z.number().nullable(),
  /** Whether the sources known before the restart could be recalled. */
  recall: z.enum(['done', 'nothing', 'failed']),
  /** How far ahead of the gateway's clock a sample may be. */
  futureLimitMs: z.number(),
  queue: z.object({
    unwrittenSamples: z.number(),
    inFlightBytes: z.number(),
    inFlightLimitBytes: z.number(),
    oldestUnwrittenMs: z.number().nullable(),
    activeSeries: z.number(),
    activeSeriesLimit: z.number(),
  }),
  /** Sources and senders that are no longer told apart because there were too many. */
  evicted: z.number(),
  rows: z.array(freshnessRow),
  /** Rows that the answer has no room for: those that sent most recently. */
  leftOut: z.number(),
});
export type FreshnessAnswer = z.infer<typeof freshnessAnswer>;

/** The most rows that one answer holds. */
export const maxFreshnessRows = 5000;
