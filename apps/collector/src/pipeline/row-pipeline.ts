import type { LogBatch, SpanBatch } from '@binnacle/shared/telemetry/rows/otel-rows.ts';
import type { RowFreshness, RowRequest, RowSignal, RowSink } from '../receivers/receiver.ts';
import { addToCounter, observeGauge, recordSeconds } from '../telemetry/instruments.ts';
import { withSpan } from '../telemetry/spans.ts';
import type { Limits } from './limits.ts';
import { RecentRequests } from './recent-requests.ts';
import { RowCommit, type Rows } from './row-commit.ts';

export interface RowPipelineOptions {
  readonly limits: Limits;
  readonly freshness: RowFreshness;
  readonly insertSpans: (batches: readonly SpanBatch[]) => Promise<void>;
  readonly insertLogs: (batches: readonly LogBatch[]) => Promise<void>;
  /** ms since 1970 */
  readonly now: () => number;
}

const commitRows = 10_000;

/** What stands between the doors for spans and log records and the store: group commit, acknowledgement, retries. */
export class RowPipeline implements RowSink {
  readonly limits: Limits;
  readonly freshness: RowFreshness;
  readonly #spans: RowCommit<SpanBatch>;
  readonly #logs: RowCommit<LogBatch>;
  readonly #recent = new RecentRequests();
  readonly #now: () => number;
  readonly #unobserve: () => void;

  constructor({ limits, freshness, insertSpans, insertLogs, now }: RowPipelineOptions) {
    this.limits = limits;
    this.freshness = freshness;
    this.#now = now;
    this.#spans = commitOf('spans', limits, insertSpans);
    this.#logs = commitOf('logs', limits, insertLogs);
    this.#unobserve = observeGauge('binnacle_otel_in_flight_bytes', (set) => {
      set(this.#spans.inFlightBytes, { signal: 'spans' });
      set(this.#logs.inFlightBytes, { signal: 'logs' });
    });
  }

  writeSpans(batch: SpanBatch, request: RowRequest): Promise<void> {
    return this.#write('spans', request, () => this.#spans.write(batch));
  }

  writeLogs(batch: LogBatch, request: RowRequest): Promise<void> {
    return this.#write('logs', request, () => this.#logs.write(batch));
  }

  /** Writes what waits and takes nothing more. */
  async close(): Promise<void> {
    await Promise.all([this.#spans.close(), this.#logs.close()]);
    this.#unobserve();
  }

  async #write(signal: RowSignal, { body, repeatable }: RowRequest, store: () => Promise<void>): Promise<void> {
    if (!repeatable) return store();
    const now = await this.#recent.once(body, this.#now(), store);
    if (!now) addToCounter('binnacle_otel_repeated_requests_total', 1, { signal });
  }
}

function commitOf<Batch extends Rows>(
  signal: RowSignal,
  limits: Limits,
  insert: (batches: readonly Batch[]) => Promise<void>,
): RowCommit<Batch> {
  return new RowCommit<Batch>({
    insert: (batches) =>
      withSpan('binnacle.otel.commit', { 'binnacle.signal': signal, 'binnacle.batches': batches.length }, () =>
        insert(batches),
      ),
    inFlightBytes: limits.spanInFlightBytes,
    commitRows,
    commitMilliseconds: limits.commitMilliseconds,
    onCommit: (rows, seconds, failed) => {
      if (!failed) addToCounter('binnacle_otel_stored_rows_total', rows, { signal });
      recordSeconds('binnacle_otel_commit_duration_seconds', seconds, {
        signal,
        outcome: failed ? 'failed' : 'stored',
      });
    },
  });
}
