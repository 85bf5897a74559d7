import {
  type FreshnessAnswer,
  type FreshnessRow,
  maxFreshnessRows,
  type Refusal,
} from '@binnacle/shared/api/freshness.ts';
import { type RefusalRecord, type SourceFreshness, silenceAfterMs } from '../../pipeline/freshness.ts';
import type { Limits } from '../../pipeline/limits.ts';
import type { Pipeline } from '../../pipeline/pipeline.ts';
import type { SourceStatus } from '../../receivers/receiver.ts';
import type { Recalled } from './recall.ts';

export interface FreshnessFacts {
  readonly pipeline: Pipeline;
  /** What is acknowledged and waits on disk for the table; undefined without a spool. */
  readonly spool: { readonly samples: number; readonly oldestAgeMs: number } | undefined;
  readonly statuses: readonly SourceStatus[];
  readonly limits: Limits;
  readonly recalled: Recalled;
  readonly instance: string;
  /** ms since 1970 */
  readonly nowMs: number;
}

/** What the pipeline has seen and what the receivers say of themselves, as one list. */
export function freshnessAnswer({
  pipeline,
  spool,
  statuses,
  limits,
  recalled,
  instance,
  nowMs,
}: FreshnessFacts): FreshnessAnswer {
  const table = pipeline.freshness;
  const told = new Map(statuses.map((status) => [`${status.receiver}/${status.source}`, status]));
  const rows: FreshnessRow[] = [];
  for (const entry of table.all()) {
    const key = `${entry.receiver}/${entry.source}`;
    rows.push(rowOf(pipeline, entry, told.get(key), nowMs));
    told.delete(key);
  }
  // What is left has never sent: nothing is known but that it is configured.
  for (const status of told.values()) rows.push(emptyRow(status));
  for (const entry of table.senders()) rows.push(rowOf(pipeline, entry, undefined, nowMs));
  return {
    at: nowMs,
    instance,
    startedAt: table.startedAtMs,
    previousSeenAt: recalled.previousSeenAt,
    recall: recalled.outcome,
    futureLimitMs: limits.futureSeconds * 1000,
    queue: {
      ...queueOf(pipeline, spool),
      inFlightLimitBytes: limits.inFlightBytes,
      activeSeriesLimit: limits.activeSeries,
    },
    evicted: table.evicted,
    rows: rows.slice(0, maxFreshnessRows),
    leftOut: Math.max(0, rows.length - maxFreshnessRows),
  };
}

/** A sample is unwritten until it is in the table, acknowledged from the spool or not. */
function queueOf(pipeline: Pipeline, spool: FreshnessFacts['spool']): Pipeline['queue'] {
  const { queue } = pipeline;
  if (spool === undefined || spool.samples === 0) return queue;
  return {
    ...queue,
    unwrittenSamples: queue.unwrittenSamples + spool.samples,
    oldestUnwrittenMs: Math.max(queue.oldestUnwrittenMs ?? 0, spool.oldestAgeMs),
  };
}

function rowOf(
  pipeline: Pipeline,
  entry: SourceFreshness,
  status: SourceStatus | undefined,
  nowMs: number,
): FreshnessRow {
  const { receiver, source, sender, arrivals } = entry;
  return {
    ...toldOf(status),
    receiver,
    source,
    sender: sender ?? null,
    kind:
      sender !== undefined ? 'sender' : receiver === 'self' ? 'self' : status === undefined ? 'gone' : kindOf(status),
    accepted: entry.accepted,
    acceptedPerSecond: entry.acceptedRate.perSecond(nowMs),
    refusedPerSecond: entry.refusedRate.perSecond(nowMs),
    refused: refusalsOf(entry.refused),
    refusedRequests: refusalsOf(entry.refusedRequests),
    lastSampleAt: entry.lastSampleAt,
    lastArrivalAt: arrivals.lastAt,
    lastAcceptedAt: entry.lastAcceptedAt,
    usualIntervalMs: arrivals.usualIntervalMs,
    silenceAfterMs: silenceAfterMs(entry),
    silentMs: pipeline.freshness.silentMs(entry),
    lagMs: arrivals.lagMs,
    lagIsSteady: arrivals.lagIsSteady,
    activeSeries: sender !== undefined || entry.recalled ? null : pipeline.activeSeriesOf(receiver, source),
    recalled: entry.recalled,
  };
}

function emptyRow(status: SourceStatus): FreshnessRow {
  return {
    ...toldOf(status),
    receiver: status.receiver,
    source: status.source,
    sender: null,
    kind: kindOf(status),
    accepted: 0,
    acceptedPerSecond: null,
    refusedPerSecond: null,
    refused: [],
    refusedRequests: [],
    lastSampleAt: status.lastSampleAt,
    lastArrivalAt: null,
    lastAcceptedAt: null,
    usualIntervalMs: null,
    silenceAfterMs: null,
    silentMs: 0,
    lagMs: null,
    lagIsSteady: null,
    activeSeries: null,
    recalled: false,
  };
}

const kindOf = ({ intervalSeconds }: SourceStatus) => (intervalSeconds === null ? 'door' : 'polled');

const toldOf = (status: SourceStatus | undefined) => ({
  cluster: status?.cluster ?? '',
  state: status?.state ?? null,
  address: status?.address ?? null,
  lastError: status?.lastError ?? null,
  intervalMs: status?.intervalSeconds == null ? null : status.intervalSeconds * 1000,
});

/** The most frequent first. */
const refusalsOf = (refused: ReadonlyMap<string, RefusalRecord>): Refusal[] =>
  [...refused].map(([reason, record]) => ({ reason, ...record })).sort((a, b) => b.count - a.count);
