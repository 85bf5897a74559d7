import type { Engine } from '@binnacle/promql/engine/engine.ts';
import type { LabelSet } from '@binnacle/shared/telemetry/labels.ts';
import type { FreshnessTable } from '../../pipeline/freshness.ts';

/** What could be found of the process before this one. */
export interface Recalled {
  readonly outcome: 'done' | 'nothing' | 'failed';
  /** ms since 1970, of its newest own metrics. */
  readonly previousSeenAt: number | null;
}

const dayMs = 86_400_000;
const stepMs = 300_000;
/** As far back as the freshness table remembers. */
const lookbackMs = 7 * dayMs;
const timeoutMs = 10_000;

/**
 * Puts what the process before knew of its sources back into the table, from the metrics that it wrote of itself into the
 * store: a source that stopped before a restart is silent, not unknown. Looks at the gateway's own `instance` only, since
 * several may write into one store. Throws what the engine throws.
 */
export async function recallFreshness(
  engine: Engine,
  table: FreshnessTable,
  instance: string,
  nowMs: number,
): Promise<Recalled> {
  const own = `job="binnacle",instance=${JSON.stringify(instance)}`;
  const previousSeenAt = await lastSeen(engine, `process_start_time_seconds{${own}}`, nowMs);
  if (previousSeenAt === null) return { outcome: 'nothing', previousSeenAt: null };
  const families = 'binnacle_(source|sender)_(last_arrival_timestamp|last_sample_timestamp|usual_interval)_seconds';
  const known = new Map<string, Known>();
  for (const [labels, value] of await vector(engine, `{__name__=~"${families}",${own}}`, previousSeenAt)) {
    const [receiver, sender] = [labels.get('receiver'), labels.get('sender')];
    const source = labels.get('source') ?? sourceOfSenders;
    if (receiver === undefined) continue;
    const key = `${receiver}\n${source}\n${sender ?? ''}`;
    let entry = known.get(key);
    if (entry === undefined) {
      entry = { origin: sender === undefined ? { receiver, source } : { receiver, source, sender } };
      known.set(key, entry);
    }
    if (labels.metricName.endsWith('last_arrival_timestamp_seconds')) entry.lastArrivalAt = value * 1000;
    else if (labels.metricName.endsWith('last_sample_timestamp_seconds')) entry.lastSampleAt = value * 1000;
    else entry.usualIntervalMs = value * 1000;
  }
  // The table's order is that of arrivals, the longest silent first.
  const ordered = [...known.values()].sort((a, b) => (a.lastArrivalAt ?? 0) - (b.lastArrivalAt ?? 0));
  for (const { origin, lastArrivalAt, lastSampleAt = null, usualIntervalMs = null } of ordered) {
    if (lastArrivalAt !== undefined) table.recall(origin, { lastArrivalAt, lastSampleAt, usualIntervalMs });
  }
  return { outcome: 'done', previousSeenAt };
}

interface Known {
  readonly origin: { readonly receiver: string; readonly source: string; readonly sender?: string };
  lastArrivalAt?: number;
  lastSampleAt?: number;
  usualIntervalMs?: number;
}

/** The one source of every push door; its senders' metrics do not repeat it. */
const sourceOfSenders = 'senders';

/** Time of the newest sample of a series within the lookback, ms since 1970. */
async function lastSeen(engine: Engine, selector: string, nowMs: number): Promise<number | null> {
  const fresh = await vector(engine, `timestamp(${selector})`, nowMs);
  const at = fresh.length > 0 ? nowMs : await lastStep(engine, selector, nowMs);
  if (at === null) return null;
  const times = fresh.length > 0 ? fresh : await vector(engine, `timestamp(${selector})`, at);
  return times.reduce<number | null>((newest, [, value]) => Math.max(newest ?? 0, value * 1000), null);
}

/** The last of steps of five minutes that has a sample: the instant lookback is as long as a step, so none lies between. */
async function lastStep(engine: Engine, selector: string, nowMs: number): Promise<number | null> {
  const { value } = await engine.range({
    query: selector,
    startMs: nowMs - lookbackMs,
    endMs: nowMs,
    stepMs,
    timeoutMs,
  });
  if (value.type !== 'matrix') return null;
  return value.series.reduce<number | null>((newest, { timestamps }) => {
    const last = timestamps.at(-1);
    return last === undefined ? newest : Math.max(newest ?? 0, last);
  }, null);
}

async function vector(engine: Engine, query: string, timeMs: number): Promise<[LabelSet, number][]> {
  const { value } = await engine.instant({ query, timeMs, timeoutMs });
  if (value.type !== 'vector') return [];
  return value.series.map((labels, i) => [labels, value.values[i] as number]);
}
