'use client';

import { trendOf } from '#charts/lines.ts';
import { StatTile, type StatTileProps } from '#charts/stat-tile.tsx';
import { useInstant, useRange } from '#data/hooks.ts';
import type { QueryState } from '#data/query-state.ts';
import { format } from '#format/units.ts';
import { useFrameHref } from '#state/frame-state.ts';
import { fairness, largestMessages, lowest, newest, total } from '../prepare.ts';
import * as ask from '../queries.ts';
import { contextWindowTokens, whenHigh, whenLow } from '../tiles.ts';

const small = { share: 1 / 3 };

/** Five numbers that say whether the cluster is all right. */
export function TileRow() {
  const href = useFrameHref();
  return (
    <section
      aria-label="State of the cluster"
      className="grid grid-cols-1 gap-3 min-[480px]:grid-cols-2 lg:grid-cols-3 xl:grid-cols-5"
    >
      <UtilizationTile href={href('/gpus')} />
      <FairnessTile href={href('/scheduler')} />
      <AllReduceTile href={href('/fabric')} />
      <DriftTile href={href('/drift')} />
      <ContextTile href={href('/mcp')} />
    </section>
  );
}

/** A tile that waits, fails or has nothing to say does so in its note; its number is a dash then. */
function Tile({ queries, ...props }: StatTileProps & { queries: readonly QueryState<unknown>[] }) {
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
  const failed = queries.find((query) => query.error !== undefined);
  if (failed?.error !== undefined) return <StatTile {...props} note={failed.error.message} />;
  return <StatTile {...props} note={props.value === null ? 'No source has said anything lately.' : props.note} />;
}

function UtilizationTile({ href }: { href: string }) {
  const query = useRange(ask.utilization, small);
  const trend = trendOf(query.data);
  const value = newest(trend);
  return (
    <Tile
      queries={[query]}
      title="GPU utilization"
      value={value}
      unit="percent"
      status={whenHigh(value, 80, 50)}
      normal="Normally 80 to 100 %"
      note="Mean of all GPUs"
      trend={trend}
      href={href}
    />
  );
}

function FairnessTile({ href }: { href: string }) {
  const [allocated, requested, share, tree] = [
    useRange(ask.allocated, small),
    useRange(ask.requested, small),
    useRange(ask.fairShare, small),
    useInstant(ask.queueTree),
  ];
  const { trend, worst } = fairness({
    allocated: allocated.data,
    requested: requested.data,
    fairShare: share.data,
    tree: tree.data?.samples ?? [],
  });
  const value = newest(trend);
  return (
    <Tile
      queries={[allocated, requested, share, tree]}
      title="Queue fairness"
      value={value}
      unit="ratio"
      status={whenHigh(value, 0.95, 0.8)}
      normal="Normally 95 to 100 % of deserved GPUs are held"
      note={
        worst === null
          ? 'Every queue holds what it deserves'
          : `${worst.queue} holds ${format(worst.held, 'count')} of ${format(worst.deserved, 'gpus')}`
      }
      trend={trend}
      href={href}
    />
  );
}

function AllReduceTile({ href }: { href: string }) {
  const query = useRange(ask.allReduceRatio, small);
  const { trend, labels } = lowest(largestMessages(query.data));
  const value = newest(trend);
  return (
    <Tile
      queries={[query]}
      title="All-reduce over expected"
      value={value}
      unit="ratio"
      status={whenHigh(value, 0.8, 0.5)}
      normal="Normally 80 to 105 % of the model"
      note={labels?.job === undefined ? 'Slowest job' : `Slowest job: ${labels.job}`}
      trend={trend}
      href={href}
    />
  );
}

function DriftTile({ href }: { href: string }) {
  const query = useRange(ask.driftAgreement, small);
  const { trend, labels } = lowest(query.data);
  const value = newest(trend);
  return (
    <Tile
      queries={[query]}
      title="Drift agreement"
      value={value}
      unit="ratio"
      status={whenHigh(value, 1, 0.9)}
      normal="Normally 100 % at temperature 0"
      note={
        value === 1
          ? 'Every probe gives one answer'
          : labels === null
            ? undefined
            : `Lowest: ${labels.probe}, ${labels.mode}`
      }
      trend={trend}
      href={href}
    />
  );
}

function ContextTile({ href }: { href: string }) {
  const query = useRange(ask.contextTokens, small);
  const changed = useInstant(ask.changedTools);
  const tokens = total(query.data);
  const now = newest(tokens);
  const share = now === null ? null : now / contextWindowTokens;
  const count = changed.data?.samples.length ?? 0;
  return (
    <Tile
      queries={[query, changed]}
      title="MCP context use"
      value={share}
      unit="ratio"
      status={count > 0 && share !== null ? 'attention' : whenLow(share, 0.1, 0.25)}
      normal="Normally under 10 % of a 200k window"
      note={
        <>
          {format(now, 'tokens')} of tool definitions
          {count > 0 && `; ${count} ${count === 1 ? 'tool has' : 'tools have'} changed`}
        </>
      }
      trend={tokens.map((value) => (value === null ? null : value / contextWindowTokens))}
      href={href}
    />
  );
}
