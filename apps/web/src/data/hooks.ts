'use client';

import type { SourcesAnswer } from '@binnacle/shared/api/domain.ts';
import type { FreshnessAnswer } from '@binnacle/shared/api/freshness.ts';
import { type UseQueryResult, useQuery } from '@tanstack/react-query';
import { useSyncExternalStore } from 'react';
import { useFrameState } from '#state/frame-state.ts';
import { alignRange, resolveRange, stepSeconds } from '#state/time-range.ts';
import { useClock } from './clock.tsx';
import { useCluster } from './cluster.ts';
import { fetchFreshness, fetchRecords, fetchSources, type RecordsQuestion } from './domain.ts';
import { GatewayError } from './gateway-error.ts';
import {
  type ActiveAlert,
  type InstantAnswer,
  listAlerts,
  queryInstant,
  queryRange,
  type RangeAnswer,
} from './prometheus.ts';
import type { QueryState } from './query-state.ts';

/** What an expression of a page may depend on. */
export interface Scope {
  /** Matcher of the selected cluster, for inside the braces: `cluster="demo"`. */
  readonly cluster: string;
  /** Window for `rate` and `increase` that always holds several samples: `75s`. */
  readonly window: string;
  /** The whole range of the page as a duration: `3600s`. */
  readonly range: string;
}
export type Expression = (scope: Scope) => string;

const scopeOf = (cluster: string, step: number, range: { fromMs: number; toMs: number }): Scope => ({
  cluster,
  window: `${Math.max(60, step * 2)}s`,
  range: `${Math.max(60, Math.round((range.toMs - range.fromMs) / 1e3))}s`,
});

/**
 * A query of the library as what panels take. `blocked` is why it cannot be asked at all; its retry then stands for the
 * query's own.
 */
export function stateOf<T>(
  query: UseQueryResult<T>,
  expr: string | undefined,
  blocked?: { readonly error: Error; readonly retry: () => void },
): QueryState<T> {
  const error = blocked?.error ?? query.error;
  return {
    data: query.data,
    error:
      error === null
        ? undefined
        : error instanceof GatewayError
          ? error
          : new GatewayError('internal', String(error), 0),
    loading: query.data === undefined && error === null,
    fetching: query.isFetching,
    updatedAtMs: query.dataUpdatedAt,
    expr,
    retry: blocked?.retry ?? (() => void query.refetch()),
  };
}

const subscribeWidth = (listener: () => void) => {
  window.addEventListener('resize', listener);
  return () => window.removeEventListener('resize', listener);
};
/** 0 on the server; quantised, so that dragging a window edge does not ask anew for every pixel. */
export const useViewportWidth = () =>
  useSyncExternalStore(
    subscribeWidth,
    () => (window.innerWidth < 640 ? 480 : window.innerWidth < 1100 ? 960 : 1440),
    () => 0,
  );

/** The same expression on a new range, step or tick keeps showing the old answer; another expression does not. */
const sameExpression =
  <T>(key: string) =>
  (previous: T | undefined, query: { queryKey: readonly unknown[] } | undefined) =>
    query?.queryKey[1] === key ? previous : undefined;

export interface RangeOptions {
  /** Part of the page's width that the panel takes: 1, 1/2, 1/3. Decides how many points are asked for. */
  readonly share?: number;
  readonly enabled?: boolean;
  /** The expression stands for itself: it is asked even where no cluster is known. */
  readonly free?: boolean;
}

/** Asks an expression over the page's range, refreshed with the page. */
export function useRange(expression: Expression, options: RangeOptions = {}): QueryState<RangeAnswer> {
  const { range } = useClock();
  const { from, to } = useFrameState();
  const { matcher, blocked } = useCluster();
  const width = useViewportWidth();
  const pixels = width < 640 ? width : width * (options.share ?? 1);
  const step = stepSeconds(range, pixels >= 900 ? 240 : pixels >= 420 ? 120 : 60);
  const expr = expression(scopeOf(matcher ?? '', step, range));
  const query = useQuery<RangeAnswer>({
    queryKey: ['range', expr, from, to, step],
    // Resolved when asked, so that a refresh of the same question moves "now".
    queryFn: ({ signal }) =>
      queryRange(expr, { ...alignRange(resolveRange(from, to, Date.now()), step), stepSeconds: step }, signal),
    enabled: (matcher !== undefined || options.free === true) && width > 0 && options.enabled !== false,
    placeholderData: sameExpression<RangeAnswer>(expr),
    meta: { live: true },
  });
  return stateOf(query, expr, options.free ? undefined : blocked);
}

/** Asks an expression at the end of the page's range, refreshed with the page. */
export function useInstant(
  expression: Expression,
  options: Pick<RangeOptions, 'enabled' | 'free'> = {},
): QueryState<InstantAnswer> {
  const { range } = useClock();
  const { from, to } = useFrameState();
  const { matcher, blocked } = useCluster();
  const expr = expression(scopeOf(matcher ?? '', 15, range));
  const query = useQuery<InstantAnswer>({
    queryKey: ['instant', expr, to],
    queryFn: ({ signal }) => queryInstant(expr, resolveRange(from, to, Date.now()).toMs, signal),
    enabled: (matcher !== undefined || options.free === true) && options.enabled !== false,
    placeholderData: sameExpression<InstantAnswer>(expr),
    meta: { live: true },
  });
  return stateOf(query, expr, options.free ? undefined : blocked);
}

/** Records of a kind of the selected cluster, newest first. `window: 'range'` keeps those of the page's range only. */
export function useRecords(
  question: Omit<RecordsQuestion, 'cluster' | 'fromMs' | 'toMs'>,
  options: { window?: 'range' | 'newest'; enabled?: boolean } = {},
): QueryState<Awaited<ReturnType<typeof fetchRecords>>> {
  const { from, to } = useFrameState();
  const { name, blocked } = useCluster();
  const inRange = options.window === 'range';
  const query = useQuery({
    queryKey: ['records', JSON.stringify(question), name, inRange ? from : '', inRange ? to : ''],
    queryFn: ({ signal }) =>
      fetchRecords(
        {
          ...question,
          ...(name === undefined ? {} : { cluster: name }),
          ...(inRange ? resolveRange(from, to, Date.now()) : {}),
        },
        signal,
      ),
    enabled: name !== undefined && options.enabled !== false,
    meta: { live: true },
  });
  return stateOf(query, undefined, blocked);
}

/** Pending and firing alerts of every cluster; shared by the navigation's dots, the marks on charts and the pages. */
export function useAlerts(): QueryState<ActiveAlert[]> {
  return stateOf(
    useQuery({ queryKey: ['alerts'], queryFn: ({ signal }) => listAlerts(signal), meta: { live: true } }),
    undefined,
  );
}

/** State of every source and door of the gateway. */
export function useSources(): QueryState<SourcesAnswer> {
  return stateOf(
    useQuery({ queryKey: ['sources'], queryFn: ({ signal }) => fetchSources(signal), meta: { live: true } }),
    undefined,
  );
}

/** What came of every source and sender, and what waits for the store. */
export function useFreshness(): QueryState<FreshnessAnswer> {
  return stateOf(
    useQuery({ queryKey: ['freshness'], queryFn: ({ signal }) => fetchFreshness(signal), meta: { live: true } }),
    undefined,
  );
}
