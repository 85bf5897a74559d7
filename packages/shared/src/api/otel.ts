import { z } from 'zod';

/**
 * Spans and log records as the gateway gives them back. Times and durations are whole nanoseconds since 1970 as text: a
 * number of JSON would round them. Attributes are text, as they are stored.
 */
const attributes = z.record(z.string(), z.string());
const nanoseconds = z.string().regex(/^\d+$/);

export const storedSpan = z.object({
  traceId: z.string(),
  spanId: z.string(),
  /** Empty for the root of a trace. */
  parentSpanId: z.string(),
  traceState: z.string(),
  name: z.string(),
  /** Unspecified, Internal, Server, Client, Producer, Consumer */
  kind: z.string(),
  service: z.string(),
  startUnixNano: nanoseconds,
  durationNano: nanoseconds,
  /** Unset, Ok, Error */
  status: z.string(),
  statusMessage: z.string(),
  scopeName: z.string(),
  scopeVersion: z.string(),
  attributes,
  resourceAttributes: attributes,
  events: z.array(z.object({ timeUnixNano: nanoseconds, name: z.string(), attributes })),
  links: z.array(z.object({ traceId: z.string(), spanId: z.string(), traceState: z.string(), attributes })),
});
export type StoredSpan = z.infer<typeof storedSpan>;

export const storedLog = z.object({
  timeUnixNano: nanoseconds,
  severityNumber: z.number(),
  severityText: z.string(),
  service: z.string(),
  body: z.string(),
  /** The body is longer than an answer shows. */
  bodyCut: z.boolean(),
  eventName: z.string(),
  /** Empty for a record outside of any trace. */
  traceId: z.string(),
  spanId: z.string(),
  traceFlags: z.number(),
  scopeName: z.string(),
  scopeVersion: z.string(),
  attributes,
  scopeAttributes: attributes,
  resourceAttributes: attributes,
});
export type StoredLog = z.infer<typeof storedLog>;

/** The most spans of a trace that one answer holds. */
export const maxSpansShown = 5000;
/** The most log records that one answer holds. */
export const maxLogsShown = 1000;
/** Characters of a body that an answer shows. */
export const maxBodyShown = 16_384;

/** GET /api/binnacle/traces/<trace id>, 32 hexadecimal digits. Spans in the order of their beginnings. */
export const traceAnswer = z.object({
  traceId: z.string(),
  spans: z.array(storedSpan),
  /** The trace has more spans than are shown. */
  cut: z.boolean(),
});
export type TraceAnswer = z.infer<typeof traceAnswer>;

export const traceIdParameter = z
  .string()
  .regex(/^[0-9a-fA-F]{32}$/, 'a trace id is 32 hexadecimal digits')
  .transform((id) => id.toLowerCase());

const milliseconds = z
  .string()
  .regex(/^\d{1,16}$/, 'a whole number of milliseconds since 1970 is expected')
  .transform(Number);

/**
 * Parameters of GET /api/binnacle/logs: `from` and `to` in ms since 1970 (the last hour where they are left out), `service`,
 * `severity` (the least severity number, 1 to 24: 9 is INFO, 13 WARN, 17 ERROR), `traceId`, `limit` (1 to 1,000, default 100).
 */
export const logsParameters = z.strictObject({
  from: milliseconds.optional(),
  to: milliseconds.optional(),
  service: z.string().max(4096).optional(),
  severity: z
    .string()
    .regex(/^\d{1,2}$/, 'a severity number from 1 to 24 is expected')
    .transform(Number)
    .pipe(z.number().min(1).max(24))
    .optional(),
  traceId: traceIdParameter.optional(),
  limit: z
    .string()
    .regex(/^\d{1,4}$/, 'a whole number is expected')
    .transform(Number)
    .pipe(z.number().min(1).max(maxLogsShown))
    .default(100),
});

/** GET /api/binnacle/logs, the newest first. */
export const logsAnswer = z.object({
  logs: z.array(storedLog),
  /** There are more that match, older than the last one here. */
  more: z.boolean(),
});
export type LogsAnswer = z.infer<typeof logsAnswer>;

export interface LogsQuery {
  /** ms since 1970, inclusive */
  readonly fromMs: number;
  /** ms since 1970, inclusive */
  readonly toMs: number;
  readonly service?: string;
  readonly minSeverity?: number;
  readonly traceId?: string;
  readonly limit: number;
}
