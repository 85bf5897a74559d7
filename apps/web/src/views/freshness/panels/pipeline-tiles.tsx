'use client';

import type { FreshnessAnswer } from '@binnacle/shared/api/freshness.ts';
import { trendOf } from '#charts/lines.ts';
import { StatTile, type StatTileProps } from '#charts/stat-tile.tsx';
import { useRange } from '#data/hooks.ts';
import type { QueryState } from '#data/query-state.ts';
import { format } from '#format/units.ts';
import { refusedPerSecond } from '../prepare.ts';
import * as ask from '../queries.ts';

const small = { share: 1 / 5, free: true } as const;
const newest = (trend: readonly (number | null)[]) => trend.findLast((value) => value !== null) ?? null;

/** What the gateway takes in, what waits for the store, and what it turns away. */
export function PipelineTiles({ query }: { query: QueryState<FreshnessAnswer> }) {
  const instance = query.data?.instance;
  const on = { ...small, enabled: instance !== undefined };
  const [stored, unwritten, oldest, commits, refusals] = [
    useRange(ask.stored(instance), on),
    useRange(ask.unwritten(instance), on),
    useRange(ask.oldestUnwritten(instance), on),
    useRange(ask.commitP99(instance), on),
    useRange(ask.refused(instance), on),
  ];
  const queue = query.data?.queue;
  const storedNow = newest(trendOf(stored.data));
  const p99 = newest(trendOf(commits.data));
  const refusedNow = refusedPerSecond(query.data);
  const full = queue === undefined ? null : queue.inFlightBytes / queue.inFlightLimitBytes;
  const oldestMs = queue?.oldestUnwrittenMs ?? null;
  return (
    <section
      aria-label="State of the pipeline"
      className="grid grid-cols-1 gap-3 min-[480px]:grid-cols-2 lg:grid-cols-3 xl:grid-cols-5"
    >
      <Tile
        queries={[query, stored]}
        title="Samples stored"
        value={storedNow}
        unit="perSecond"
        status={storedNow === null ? 'unknown' : storedNow > 0 ? 'ok' : 'attention'}
        normal="Acknowledged once they are in the store"
        note={queue === undefined ? undefined : `${format(queue.activeSeries, 'count')} active series`}
        trend={trendOf(stored.data)}
      />
      <Tile
        queries={[query]}
        title="Waiting samples"
        value={queue?.unwrittenSamples ?? null}
        unit="count"
        status={full === null ? 'unknown' : full > 0.8 ? 'bad' : full > 0.4 ? 'attention' : 'ok'}
        normal={
          queue === undefined
            ? 'Taken in and not yet stored'
            : `${format(full, 'ratio')} of ${format(queue.inFlightLimitBytes, 'bytes')} in flight`
        }
        note="Past that, senders are told to wait"
        trend={trendOf(unwritten.data)}
      />
      <Tile
        queries={[query]}
        title="Oldest unwritten"
        value={oldestMs === null ? null : oldestMs / 1000}
        unit="seconds"
        status={
          queue === undefined
            ? 'unknown'
            : (oldestMs ?? 0) > 10_000
              ? 'bad'
              : (oldestMs ?? 0) > 1000
                ? 'attention'
                : 'ok'
        }
        {...(queue !== undefined && oldestMs === null ? { word: 'nothing waits' } : {})}
        normal="Normally under 1 s"
        note="How long a sample waits for its group commit"
        trend={trendOf(oldest.data)}
      />
      <Tile
        queries={[query, commits]}
        title="Commit, 99th percentile"
        value={p99}
        unit="seconds"
        status={p99 === null ? 'unknown' : p99 > 2 ? 'bad' : p99 > 0.25 ? 'attention' : 'ok'}
        normal="Normally under 250 ms"
        note="Time to write one group of samples"
        trend={trendOf(commits.data)}
      />
      <Tile
        queries={[query]}
        title="Samples refused"
        value={refusedNow}
        unit="perSecond"
        status={refusedNow === null ? 'unknown' : refusedNow > 0 ? 'attention' : 'ok'}
        {...(refusedNow === 0 ? { word: 'none' } : {})}
        normal="Over the last minute, all sources"
        note="The table says whose, and why"
        trend={trendOf(refusals.data)}
      />
    </section>
  );
}

/** A tile that waits keeps its shape; one that fails says so in its note, and its number is a dash unless one is there. */
function Tile({ queries, ...props }: StatTileProps & { queries: readonly QueryState<unknown>[] }) {
  const failed = queries.find((query) => query.error !== undefined);
  if (failed?.error !== undefined) return <StatTile {...props} note={failed.error.message} />;
  if (queries.some((query) => query.loading)) {
    return (
      <div
        role="status"
        aria-label={`Loading ${props.title}`}
        data-panel="tile"
        data-state="loading"
        className="h-[134px] animate-pulse rounded-lg border border-line bg-surface"
      />
    );
  }
  return <StatTile {...props} />;
}
