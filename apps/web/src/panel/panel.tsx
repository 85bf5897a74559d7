'use client';

import { AlertCircle, RotateCw } from 'lucide-react';
import { type ReactNode, useId, useRef } from 'react';
import { Button } from '#components/ui/button.tsx';
import { cn } from '#components/ui/class-names.ts';
import { useClock } from '#data/clock.tsx';
import { useCluster } from '#data/cluster.ts';
import type { QueryState } from '#data/query-state.ts';
import { age } from '#format/units.ts';
import type { Csv } from './csv.ts';
import { EmptyState } from './empty-state.tsx';
import type { Guide } from './guide.ts';
import { PanelMenu } from './panel-menu.tsx';

export interface PanelProps {
  /** Names the quantity: "GPU utilization by node". */
  readonly title: string;
  /** One line under the title: how to read it, or the answer in words. */
  readonly note?: ReactNode;
  /** Everything the panel asks. It loads until all have answered, and keeps the last good answers when one fails. */
  readonly queries: readonly QueryState<unknown>[];
  /** Whether the answers hold nothing to draw. */
  readonly empty: boolean;
  /** Metrics that it draws, to say why it is empty. */
  readonly metrics: readonly string[];
  readonly guide: Guide;
  /** What emptiness means where it is good news, as with errors: shown instead of the reason, when the metrics exist. */
  readonly emptyIsGood?: string;
  /** Said instead of looking for a reason, where emptiness is an answer and not a lack. */
  readonly emptyText?: string;
  readonly csv?: () => Csv;
  /** Controls beside the title. */
  readonly actions?: ReactNode;
  readonly className?: string;
  /** Keeps the shape while loading, px. */
  readonly minHeight?: number;
  readonly children: ReactNode;
}

/** The one panel: title, freshness, menu, and the states loading, empty, error and stale. */
export function Panel(props: PanelProps) {
  const { title, note, queries, empty, metrics, guide, csv, actions, className, minHeight = 220, children } = props;
  const id = useId();
  const anchor = title.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
  const body = useRef<HTMLDivElement>(null);
  const { nowMs, live } = useClock();
  const { none } = useCluster();

  const error = queries.find((query) => query.error !== undefined)?.error;
  const hasData = queries.some((query) => query.data !== undefined);
  const loading = !none && error === undefined && queries.some((query) => query.loading);
  const updatedAt = Math.min(...queries.filter((q) => q.updatedAtMs > 0).map((q) => q.updatedAtMs));
  const staleMs = live && Number.isFinite(updatedAt) ? nowMs - updatedAt : 0;
  const expressions = queries.flatMap((query) => (query.expr === undefined ? [] : [query.expr]));

  return (
    <section
      id={anchor}
      aria-labelledby={id}
      aria-busy={loading}
      data-panel={anchor}
      data-state={error ? 'error' : loading ? 'loading' : none || empty ? 'empty' : 'ready'}
      className={cn(
        'flex min-w-0 scroll-mt-28 flex-col rounded-lg border border-line bg-surface shadow-panel',
        className,
      )}
    >
      <header className="flex flex-wrap items-start gap-x-3 gap-y-1 px-3.5 pt-2.5">
        <div className="min-w-0 flex-1 basis-48">
          <h2 id={id} className="text-[13px] font-semibold leading-5">
            {title}
          </h2>
          {note !== undefined && <div className="text-xs text-ink-faint">{note}</div>}
        </div>
        <div className="flex items-center gap-1">
          {actions}
          {hasData && staleMs > 60_000 && (
            <span className="text-2xs tabular text-attention" title="The last good answer is this old">
              {age(staleMs)} old
            </span>
          )}
          <PanelMenu title={title} anchor={anchor} expressions={expressions} csv={csv} body={body} />
        </div>
      </header>
      {error !== undefined && hasData && <ErrorLine error={error} onRetry={() => retryAll(queries)} />}
      <div ref={body} className="flex min-w-0 flex-1 flex-col px-3.5 pb-3 pt-2" style={{ minHeight }}>
        {none ? (
          <EmptyState metrics={metrics} guide={guide} />
        ) : loading && !hasData ? (
          <Skeleton />
        ) : error !== undefined && !hasData ? (
          <ErrorBlock error={error} onRetry={() => retryAll(queries)} />
        ) : empty && !loading && props.emptyText !== undefined ? (
          <p className="m-auto text-[13px] text-ink-soft">{props.emptyText}</p>
        ) : empty && !loading ? (
          <EmptyState metrics={metrics} guide={guide} good={props.emptyIsGood} />
        ) : loading && empty ? (
          <Skeleton />
        ) : (
          children
        )}
      </div>
    </section>
  );
}

const retryAll = (queries: readonly QueryState<unknown>[]) => {
  for (const query of queries) if (query.error !== undefined) query.retry();
};

function Skeleton() {
  return (
    <div role="status" aria-label="Loading" className="flex flex-1 animate-pulse flex-col justify-end gap-2">
      <div className="h-3 w-1/4 rounded bg-sunken" />
      <div className="min-h-16 flex-1 rounded bg-sunken" />
    </div>
  );
}

function ErrorLine({ error, onRetry }: { error: Error; onRetry: () => void }) {
  return (
    <div
      role="alert"
      className="mx-3.5 mt-2 flex items-center gap-2 rounded-md bg-bad-wash px-2.5 py-1 text-xs text-bad"
    >
      <AlertCircle aria-hidden className="size-4 shrink-0" />
      <span className="min-w-0 flex-1 break-words">Refresh failed: {error.message} The last good answer is shown.</span>
      <Button size="small" variant="ghost" onClick={onRetry}>
        Retry
      </Button>
    </div>
  );
}

function ErrorBlock({ error, onRetry }: { error: Error; onRetry: () => void }) {
  return (
    <div role="alert" className="m-auto flex max-w-prose flex-col items-center gap-2 py-4 text-center">
      <AlertCircle aria-hidden className="size-5 text-bad" />
      <p className="break-words text-[13px] text-ink-soft">{error.message}</p>
      <Button size="small" onClick={onRetry}>
        <RotateCw aria-hidden /> Retry
      </Button>
    </div>
  );
}
