import { type Attributes, type Counter, type Histogram, metrics } from '@opentelemetry/api';
import { type Observe, ObservedMetrics } from './observed.ts';

type Kind = 'counter' | 'histogram' | 'observed-counter' | 'observed-gauge';
interface InstrumentEntry<K extends Kind = Kind> {
  readonly kind: K;
  readonly unit: string;
  readonly help: string;
}
const entry = <K extends Kind>(kind: K, unit: string, help: string): InstrumentEntry<K> => ({ kind, unit, help });

/**
 * The collector's own metrics: the one table of names, which are already in Prometheus' form (unit and `_total` in the
 * name) so that `/metrics`, the store and the OpenTelemetry API agree. Labels come from short, fixed lists or from
 * configuration, never from input.
 */
export const instruments = {
  binnacle_build_info: entry('observed-gauge', '', '1; labels say version and role.'),
  process_cpu_seconds_total: entry('observed-counter', 'seconds', 'User and system CPU time spent.'),
  process_resident_memory_bytes: entry('observed-gauge', 'bytes', 'Resident memory.'),
  process_start_time_seconds: entry('observed-gauge', 'seconds', 'Unix time at which the process began.'),
  nodejs_eventloop_lag_p99_seconds: entry(
    'observed-gauge',
    'seconds',
    '99th percentile of the event loop delay since the last reading.',
  ),
  binnacle_source_last_sample_timestamp_seconds: entry(
    'observed-gauge',
    'seconds',
    'Unix time of the newest sample taken in from the source.',
  ),
  binnacle_source_last_arrival_timestamp_seconds: entry(
    'observed-gauge',
    'seconds',
    'Unix time, by this clock, at which something last came from the source, refused or not.',
  ),
  binnacle_source_usual_interval_seconds: entry(
    'observed-gauge',
    'seconds',
    'How often something comes from the source: median of the longest pauses of the last minutes; absent until known.',
  ),
  binnacle_source_arrival_lag_seconds: entry(
    'observed-gauge',
    'seconds',
    "Arrival less newest sample time, the smallest of a minute, median of five minutes. Below 0 the source's clock is ahead by that; above 0 it is behind, or the source is late.",
  ),
  binnacle_source_silent_seconds_total: entry(
    'observed-counter',
    'seconds',
    'Time that the source was silent: past three usual intervals and 15 s. Absent until the interval is known.',
  ),
  binnacle_source_active_series: entry(
    'observed-gauge',
    '',
    'Series that the source wrote within the last hour or two.',
  ),
  binnacle_source_up: entry(
    'observed-gauge',
    '',
    '1 when the last reading of a polled source succeeded, 0 when it failed; absent before the first and at push doors.',
  ),
  binnacle_source_evictions_total: entry(
    'observed-counter',
    '',
    'Sources and senders that are no longer told apart because there were too many; the longest silent go first.',
  ),
  binnacle_sender_last_sample_timestamp_seconds: entry(
    'observed-gauge',
    'seconds',
    'Unix time of the newest sample taken in from one sender at a push door.',
  ),
  binnacle_sender_last_arrival_timestamp_seconds: entry(
    'observed-gauge',
    'seconds',
    'As of a source, of one sender at a push door (program@address).',
  ),
  binnacle_sender_usual_interval_seconds: entry('observed-gauge', 'seconds', 'As of a source, of one sender.'),
  binnacle_sender_arrival_lag_seconds: entry('observed-gauge', 'seconds', 'As of a source, of one sender.'),
  binnacle_sender_silent_seconds_total: entry('observed-counter', 'seconds', 'As of a source, of one sender.'),
  binnacle_sender_samples_total: entry('observed-counter', '', 'Samples accepted from the sender.'),
  binnacle_sender_refused_samples_total: entry('observed-counter', '', 'Samples refused, by sender and reason.'),
  binnacle_gateway_previous_seen_timestamp_seconds: entry(
    'observed-gauge',
    'seconds',
    'Unix time of the newest own metrics that the process before this one had stored: from then to process_start_time_seconds the gateway was away. Absent where there was none, or where nobody could find out.',
  ),
  binnacle_source_samples_total: entry('counter', '', 'Samples accepted from the source.'),
  binnacle_source_refused_samples_total: entry('counter', '', 'Samples refused, by reason.'),
  binnacle_receiver_poll_duration_seconds: entry(
    'histogram',
    'seconds',
    'How long one reading of a polled source took, storing included, by receiver.',
  ),
  binnacle_scrape_skipped_total: entry(
    'counter',
    '',
    'Scrapes left out because the one before was still under way, by job.',
  ),
  binnacle_scrape_duplicate_samples_total: entry(
    'counter',
    '',
    'Samples that stood twice in one scrape, the second of which was left out, by job.',
  ),
  binnacle_scrape_exemplars_total: entry('counter', '', 'Exemplars that stood in scrapes, by job.'),
  binnacle_scrape_discovery_failures_total: entry(
    'counter',
    '',
    'Lists of targets that could not be read, by mechanism (file, http, kubernetes).',
  ),
  binnacle_pipeline_refused_requests_total: entry('counter', '', 'Batches that were not taken at all, by error code.'),
  binnacle_pipeline_commits_total: entry('counter', '', 'Group commits, by outcome (stored, failed).'),
  binnacle_pipeline_stored_samples_total: entry('counter', '', 'Samples written by group commits.'),
  binnacle_pipeline_commit_duration_seconds: entry('histogram', 'seconds', 'Duration of the insert of a group commit.'),
  binnacle_pipeline_in_flight_bytes: entry('observed-gauge', 'bytes', 'Samples taken in and not yet written.'),
  binnacle_pipeline_unwritten_samples: entry('observed-gauge', '', 'Samples taken in and not yet written.'),
  binnacle_pipeline_oldest_unwritten_seconds: entry(
    'observed-gauge',
    'seconds',
    'How long the oldest sample that is not yet written has waited; absent when none waits.',
  ),
  binnacle_spool_bytes: entry(
    'observed-gauge',
    'bytes',
    'Samples that are acknowledged, safe on disk, and wait for the table; absent where there is no spool.',
  ),
  binnacle_spool_samples: entry('observed-gauge', '', 'As binnacle_spool_bytes, in samples.'),
  binnacle_spool_oldest_seconds: entry(
    'observed-gauge',
    'seconds',
    'How long the oldest sample in the spool has waited for the table; absent when none waits.',
  ),
  binnacle_spool_damaged_blocks_total: entry(
    'observed-counter',
    '',
    'Blocks of the spool that were found damaged: their samples are left out, the rest is stored.',
  ),
  binnacle_pipeline_active_series: entry('observed-gauge', '', 'Series written within the last hour or two.'),
  binnacle_otel_rows_total: entry('counter', '', 'Spans and log records accepted, by signal (spans, logs).'),
  binnacle_otel_refused_rows_total: entry('counter', '', 'Spans and log records refused, by signal and reason.'),
  binnacle_otel_stored_rows_total: entry('counter', '', 'Spans and log records written by group commits, by signal.'),
  binnacle_otel_commit_duration_seconds: entry(
    'histogram',
    'seconds',
    'Duration of the insert of a group commit of spans or log records, by signal and outcome (stored, failed).',
  ),
  binnacle_otel_in_flight_bytes: entry(
    'observed-gauge',
    'bytes',
    'Spans and log records taken in and not yet written, by signal.',
  ),
  binnacle_otel_repeated_requests_total: entry(
    'counter',
    '',
    'Requests with spans or log records whose very bytes had been stored before, and were not stored again, by signal.',
  ),
  binnacle_grpc_requests_total: entry('counter', '', 'Calls of the gRPC door answered, by method and status.'),
  binnacle_grpc_request_duration_seconds: entry('histogram', 'seconds', 'Time to answer a gRPC call, by method.'),
  binnacle_grpc_refused_total: entry('counter', '', 'gRPC calls answered with an error, by method and error code.'),
  binnacle_otlp_delta_series: entry('observed-gauge', '', 'Series with delta temporality that are being added up.'),
  binnacle_otlp_delta_breaks_total: entry(
    'counter',
    '',
    'Breaks in deltas, by why: gap (one began after the last of its sender ended), silent (a total was forgotten).',
  ),
  binnacle_http_requests_total: entry('counter', '', 'Requests answered, by door, method and status.'),
  binnacle_http_request_duration_seconds: entry('histogram', 'seconds', 'Time to answer, by door and method.'),
  binnacle_http_refused_total: entry('counter', '', 'Requests answered with an error, by door and error code.'),
  binnacle_disk_free_bytes: entry(
    'observed-gauge',
    'bytes',
    'What may still be written on the disk of the data directory.',
  ),
  binnacle_disk_size_bytes: entry('observed-gauge', 'bytes', 'Size of that disk.'),
  binnacle_disk_full: entry('observed-gauge', '', '1 while nothing is taken in because the disk is nearly full.'),
  binnacle_store_bytes: entry('observed-gauge', 'bytes', 'What the telemetry store takes on disk, as last looked up.'),
  binnacle_retention_dropped_bytes_total: entry(
    'counter',
    'bytes',
    'Oldest telemetry dropped because the store took more than gateway.storage.retentionBytes.',
  ),
  binnacle_backups_total: entry('counter', '', 'Backups of the running gateway, by outcome (done, failed).'),
  binnacle_backup_last_success_timestamp_seconds: entry(
    'observed-gauge',
    'seconds',
    'Unix time at which the newest backup of this process was whole.',
  ),
  binnacle_deleted_samples_total: entry('counter', '', 'Samples deleted on request.'),
  binnacle_records_total: entry('counter', '', 'Records taken in, by kind.'),
  binnacle_query_duration_seconds: entry(
    'histogram',
    'seconds',
    'Time to evaluate a query, by kind (instant, range, rule).',
  ),
  binnacle_query_failures_total: entry('counter', '', 'Queries that failed, by kind and error code.'),
  binnacle_agent_buffer_bytes: entry('observed-gauge', 'bytes', 'Encoded requests that wait to be forwarded.'),
  binnacle_agent_buffer_refused_items_total: entry(
    'counter',
    '',
    'Samples or records that the buffer did not take, by kind and reason (full, disk_full, disk_error, closing); a pusher sends them again, a scrape does not.',
  ),
  binnacle_agent_spool_on_disk: entry(
    'observed-gauge',
    '',
    '1 when what waits outlives the agent, 0 when it is kept in memory.',
  ),
  binnacle_agent_spool_damaged_total: entry(
    'counter',
    '',
    'Damaged stretches of the spool that were left out, by kind and reason (torn, header, checksum, unknown_kind, unreadable).',
  ),
  binnacle_agent_spool_damaged_bytes_total: entry('counter', 'bytes', 'Bytes of these stretches, by kind.'),
  binnacle_agent_spool_expired_items_total: entry(
    'counter',
    '',
    'Samples or records that waited longer than agent.spool.maxAgeSeconds and were let go, by kind.',
  ),
  binnacle_agent_oldest_buffered_seconds: entry(
    'observed-gauge',
    'seconds',
    'Age of the oldest request that waits; absent when none does.',
  ),
  binnacle_agent_forwarded_samples_total: entry('counter', '', 'Samples that the gateway acknowledged.'),
  binnacle_agent_refused_samples_total: entry('counter', '', 'Samples that the gateway refused for good, by status.'),
  binnacle_agent_forward_retries_total: entry('counter', '', 'Requests sent again, by why (network, status).'),
  binnacle_agent_forwarded_records_total: entry('counter', '', 'Records that the gateway acknowledged.'),
  binnacle_agent_refused_records_total: entry('counter', '', 'Records that the gateway refused for good, by status.'),
} as const satisfies Record<string, InstrumentEntry>;

type NamesOf<K extends Kind> = {
  [N in keyof typeof instruments]: (typeof instruments)[N]['kind'] extends K ? N : never;
}[keyof typeof instruments];
export type InstrumentName = keyof typeof instruments;

const meterName = 'binnacle';
let made = new Map<InstrumentName, unknown>();

/** What `observeGauge` and `observeCounter` read; a producer of the reader that `startMetrics` makes. */
export const observedMetrics = new ObservedMetrics();

/** Forgets the instruments made so far; `startMetrics` calls it after it has set its provider. */
export function forgetInstruments(): void {
  made = new Map();
  observedMetrics.clear();
}

// Instruments are made at first use, after the provider has been set: a module that is imported earlier is not lost.
function instrument<T>(name: InstrumentName, make: (options: { description: string; unit: string }) => T): T {
  let known = made.get(name) as T | undefined;
  if (known === undefined) {
    const { help, unit } = instruments[name];
    known = make({ description: help, unit });
    made.set(name, known);
  }
  return known;
}

export function addToCounter(name: NamesOf<'counter'>, value: number, attributes?: Attributes): void {
  instrument<Counter>(name, (options) => metrics.getMeter(meterName).createCounter(name, options)).add(
    value,
    attributes,
  );
}

const secondsBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

export function recordSeconds(name: NamesOf<'histogram'>, seconds: number, attributes?: Attributes): void {
  instrument<Histogram>(name, (options) =>
    metrics
      .getMeter(meterName)
      .createHistogram(name, { ...options, advice: { explicitBucketBoundaries: secondsBoundaries } }),
  ).record(seconds, attributes);
}

/** Reads a value whenever metrics are collected; what `observe` does not set is absent. Returns how to end it. */
export function observeGauge(name: NamesOf<'observed-gauge'>, observe: Observe): () => void {
  return observedMetrics.add(name, instruments[name], observe);
}

export function observeCounter(name: NamesOf<'observed-counter'>, observe: Observe): () => void {
  return observedMetrics.add(name, instruments[name], observe);
}
