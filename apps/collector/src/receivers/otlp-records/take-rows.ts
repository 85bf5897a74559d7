import { toBinnacleError } from '../../gateway/error-answer.ts';
import type { Limits } from '../../pipeline/limits.ts';
import { addToCounter } from '../../telemetry/instruments.ts';
import { withSpan } from '../../telemetry/spans.ts';
import type { RowSignal, RowSink } from '../receiver.ts';
import { decodeLogs } from './decode-logs.ts';
import { type DecodedRows, decodeSpans } from './decode-spans.ts';

/** What a door tells its sender; nothing refused: 0 and an empty text. */
export interface RowsOutcome {
  readonly accepted: number;
  readonly rejected: number;
  readonly message: string;
  /** ms since 1970, of the newest row that was stored; null when none was. */
  readonly newestMs: number | null;
}

const dayMs = 86_400_000;

/**
 * Takes the bytes of an `ExportTraceServiceRequest` or `ExportLogsServiceRequest`, whatever transport brought them.
 * Resolves after the rows are stored. Rejects with `malformed_body` or `body_too_large` (nothing was stored), or with the
 * retryable `over_capacity` and `store_unavailable`.
 */
export async function takeRows(
  signal: RowSignal,
  bytes: Buffer,
  sink: RowSink,
  { nowMs, sender }: { readonly nowMs: number; readonly sender: string },
): Promise<RowsOutcome> {
  const origin = { receiver: 'otlp-records', source: signal, sender };
  let decoded: DecodedRows<{ rows: number }>;
  try {
    decoded = signal === 'spans' ? await takeSpans(bytes, sink, nowMs) : await takeLogs(bytes, sink, nowMs);
  } catch (error) {
    const { code, message } = toBinnacleError(error);
    sink.freshness.refuseRequest(origin, code, message, 0);
    throw error;
  }
  const { batch, refusals, newestMs } = decoded;
  const refused = [...refusals.byReason].map(([reason, { count, example }]) => ({ reason, count, example }));
  sink.freshness.count(origin, { accepted: batch.rows, refused, newestAt: newestMs, aheadAt: null });
  addToCounter('binnacle_otel_rows_total', batch.rows, { signal });
  for (const { reason, count } of refused) addToCounter('binnacle_otel_refused_rows_total', count, { signal, reason });
  return { accepted: batch.rows, rejected: refusals.count, message: refusals.sentence(), newestMs };
}

async function takeSpans(bytes: Buffer, sink: RowSink, nowMs: number): Promise<DecodedRows<{ rows: number }>> {
  const { limits } = sink;
  const decoded = decodeSpans(bytes, limits, boundsOf(limits, limits.spanRetentionDays, nowMs));
  if (decoded.batch.rows > 0)
    await write('spans', () => sink.writeSpans(decoded.batch, { body: bytes, repeatable: true }));
  return decoded;
}

async function takeLogs(bytes: Buffer, sink: RowSink, nowMs: number): Promise<DecodedRows<{ rows: number }>> {
  const { limits } = sink;
  const decoded = decodeLogs(bytes, limits, boundsOf(limits, limits.logRetentionDays, nowMs), nowMs);
  // The same bytes without times of their own are new records whenever they come.
  const request = { body: bytes, repeatable: decoded.timed };
  if (decoded.batch.rows > 0) await write('logs', () => sink.writeLogs(decoded.batch, request));
  return decoded;
}

function boundsOf(limits: Limits, retentionDays: number, nowMs: number) {
  return { oldestMs: nowMs - retentionDays * dayMs, newestMs: nowMs + limits.futureSeconds * 1000 };
}

function write(signal: RowSignal, work: () => Promise<void>): Promise<void> {
  return withSpan('binnacle.receiver.write', { 'binnacle.receiver': 'otlp-records', 'binnacle.signal': signal }, work);
}
