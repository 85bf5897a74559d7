import { z } from 'zod';

/** One limit: its setting is the key under `limits:` of the config file, `counts` says what an excess is counted as. */
interface LimitEntry {
  readonly default: number;
  readonly unit: string;
  readonly min: number;
  readonly max: number;
  /** Reason of refused samples, or code of the refused request, as it stands in the counters. */
  readonly counts: string;
  readonly help: string;
}

const limit = (value: number, unit: string, min: number, max: number, counts: string, help: string): LimitEntry => ({
  default: value,
  unit,
  min,
  max,
  counts,
  help,
});

const mebibyte = 1024 * 1024;

/** Every limit of taking samples in: the one table that the schema, the checks and the reference are made from. */
export const limitsTable = {
  labelsPerSeries: limit(64, 'labels', 4, 1024, 'too_many_labels', 'Labels of one series, the metric name included.'),
  labelNameCharacters: limit(256, 'characters', 16, 65_536, 'label_too_long', 'Length of a label name.'),
  labelValueCharacters: limit(4096, 'characters', 64, 1_000_000, 'label_too_long', 'Length of a label value.'),
  activeSeries: limit(
    1_000_000,
    'series',
    1000,
    100_000_000,
    'too_many_series',
    'Series written within the last hour or two, all sources together.',
  ),
  activeSeriesPerSource: limit(
    200_000,
    'series',
    100,
    100_000_000,
    'too_many_series',
    'Series written within the last hour or two by one source.',
  ),
  samplesPerRequest: limit(
    500_000,
    'samples',
    1000,
    10_000_000,
    'body_too_large',
    'Samples of one write request or scrape.',
  ),
  bodyBytes: limit(
    16 * mebibyte,
    'bytes',
    1024,
    1024 * mebibyte,
    'body_too_large',
    'Body of one request, as sent (compressed).',
  ),
  requestSeconds: limit(
    60,
    'seconds',
    1,
    3600,
    'request_timeout',
    'How long a client may take to send one request, its body included.',
  ),
  slowBodyBytesPerSecond: limit(
    32 * 1024,
    'bytes/s',
    0,
    1024 * mebibyte,
    'request_timeout',
    'Bodies that come more slowly for five seconds are cut off when their room is needed (limits.inFlightBytes); 0: never.',
  ),
  inflatedBytes: limit(
    64 * mebibyte,
    'bytes',
    1024,
    1024 * mebibyte,
    'body_too_large',
    'Body of one request with spans or log records, after decompression.',
  ),
  futureSeconds: limit(600, 'seconds', 1, 86_400, 'too_far_in_future', 'How far ahead of this clock a sample may be.'),
  retentionDays: limit(30, 'days', 1, 3650, 'too_old', 'How long samples are kept; older ones are refused.'),
  inFlightBytes: limit(
    64 * mebibyte,
    'bytes',
    mebibyte,
    16_384 * mebibyte,
    'over_capacity',
    'Samples taken in and not yet stored; beyond it, senders are told to come back later.',
  ),
  spansPerRequest: limit(50_000, 'rows', 100, 1_000_000, 'body_too_large', 'Spans, or log records, of one request.'),
  attributesPerSpan: limit(
    256,
    'attributes',
    8,
    10_000,
    'too_many_attributes',
    'Attributes of one span, log record, event, link, scope or resource.',
  ),
  attributeBytes: limit(
    65_536,
    'bytes',
    64,
    16 * mebibyte,
    'attribute_too_long',
    "Length of an attribute's name or value, and of a span's other texts.",
  ),
  eventsPerSpan: limit(1024, 'events', 8, 100_000, 'too_many_events', 'Events of one span, and links of one span.'),
  logBodyBytes: limit(mebibyte, 'bytes', 1024, 64 * mebibyte, 'body_too_long', "Length of a log record's body."),
  spanInFlightBytes: limit(
    64 * mebibyte,
    'bytes',
    mebibyte,
    16_384 * mebibyte,
    'over_capacity',
    'Spans, and log records, taken in and not yet stored; beyond it, senders are told to come back later.',
  ),
  spanRetentionDays: limit(14, 'days', 1, 3650, 'too_old', 'How long spans are kept; older ones are refused.'),
  logRetentionDays: limit(14, 'days', 1, 3650, 'too_old', 'How long log records are kept; older ones are refused.'),
  commitSamples: limit(
    100_000,
    'samples',
    1000,
    10_000_000,
    '',
    'A commit begins at the latest when this many samples wait.',
  ),
  commitMilliseconds: limit(
    50,
    'ms',
    1,
    5000,
    '',
    'A commit begins at the latest when the oldest sample has waited this long.',
  ),
  spoolSamplesPerSecond: limit(
    20_000,
    'samples/s',
    0,
    1_000_000_000,
    '',
    'Above this rate samples are acknowledged when they are safe on disk, and found by queries about a second later; below it, when queries find them.',
  ),
  spoolBytes: limit(
    1024 * mebibyte,
    'bytes',
    mebibyte,
    1024 * 1024 * mebibyte,
    'over_capacity',
    'Samples on disk that are acknowledged and wait for the table; beyond it, senders are told to come back later.',
  ),
} as const satisfies Record<string, LimitEntry>;

export type LimitName = keyof typeof limitsTable;
export type Limits = { readonly [Name in LimitName]: number };

const field = (entry: LimitEntry) =>
  z.int().min(entry.min).max(entry.max).default(entry.default).describe(`${entry.help} Unit: ${entry.unit}.`);

const shape = Object.fromEntries(Object.entries(limitsTable).map(([name, entry]) => [name, field(entry)])) as {
  [Name in LimitName]: ReturnType<typeof field>;
};

/** `limits:` of the config file; every key has its default. */
export const limitsSchema = z.strictObject(shape);

/** The defaults, with what a test or a role wants different. */
export function limitsWith(changes: Partial<Limits> = {}): Limits {
  return limitsSchema.parse(changes);
}
