'use client';

import { useQueries, useQueryClient } from '@tanstack/react-query';
import { useCallback, useRef, useState } from 'react';
import { useClock } from '#data/clock.tsx';
import { stateOf, useViewportWidth } from '#data/hooks.ts';
import { type InstantAnswer, queryInstant, queryRange, type RangeAnswer } from '#data/prometheus.ts';
import type { QueryState } from '#data/query-state.ts';
import { useFrameState } from '#state/frame-state.ts';
import { alignRange, resolveRange, stepSeconds } from '#state/time-range.ts';
import { typedStepSeconds } from './step.ts';

/** One question of the page and what became of it. */
export interface Asked<Answer> extends QueryState<Answer> {
  /** It was asked and given up before it was answered. */
  readonly canceled: boolean;
}

/** Why there is nothing to show, in words; undefined where there is something, or something is to be waited for. */
export function lackOf<Answer>(asked: ReadonlyMap<string, Asked<Answer>>, answered: number): string | undefined {
  if (answered > 0 || [...asked.values()].some((one) => one.loading)) return undefined;
  return [...asked.values()].some((one) => one.canceled) ? 'Canceled. Run asks again.' : 'No query gave an answer.';
}

const prefix = 'explore';

interface When {
  /** Whether the page shows this kind of answer. */
  readonly enabled: boolean;
  /** Whether the reader has stopped the queries. */
  readonly stopped: boolean;
}

/** Seconds between points: typed, or so many that the chart's width can show them. */
export function useStep(step: string): number {
  const { range } = useClock();
  const width = useViewportWidth();
  return typedStepSeconds(step) ?? stepSeconds(range, width >= 900 ? 240 : 120);
}

/** The expressions over the page's range. An expression that stands twice is asked once. */
export function useRangeAnswers(
  exprs: readonly string[],
  step: number,
  when: When,
): ReadonlyMap<string, Asked<RangeAnswer>> {
  const { from, to } = useFrameState();
  const width = useViewportWidth();
  return useAsked(
    exprs,
    ['range', from, to, step],
    { ...when, enabled: when.enabled && width > 0 },
    // Resolved when asked, so that a refresh of the same question moves "now".
    (expr, signal) => {
      const range = resolveRange(from, to, Date.now());
      return queryRange(expr, { ...alignRange(range, step), stepSeconds: step }, signal, { cost: true });
    },
  );
}

/** The expressions at the end of the page's range. */
export function useInstantAnswers(exprs: readonly string[], when: When): ReadonlyMap<string, Asked<InstantAnswer>> {
  const { from, to } = useFrameState();
  return useAsked(exprs, ['instant', to], when, (expr, signal) =>
    queryInstant(expr, resolveRange(from, to, Date.now()).toMs, signal, { cost: true }),
  );
}

function useAsked<Answer>(
  exprs: readonly string[],
  key: readonly (string | number)[],
  { enabled, stopped }: When,
  ask: (expr: string, signal: AbortSignal) => Promise<Answer>,
): ReadonlyMap<string, Asked<Answer>> {
  const unique = [...new Set(exprs)].filter((expr) => expr !== '');
  // The same expression on another range or step keeps showing its last good answer.
  const last = useRef(new Map<string, { answer: Answer; atMs: number }>());
  const results = useQueries({
    queries: unique.map((expr) => ({
      queryKey: [prefix, expr, ...key],
      // A question that nobody waits for any more is aborted by its signal.
      queryFn: ({ signal }: { signal: AbortSignal }) => ask(expr, signal),
      enabled: enabled && !stopped,
      meta: { live: true },
    })),
  });
  const asked = new Map<string, Asked<Answer>>();
  results.forEach((result, index) => {
    const expr = unique[index] as string;
    if (result.data !== undefined) last.current.set(expr, { answer: result.data, atMs: result.dataUpdatedAt });
    const kept = last.current.get(expr);
    const state = stateOf<Answer>(result, expr);
    asked.set(expr, {
      ...state,
      data: state.data ?? kept?.answer,
      updatedAtMs: state.data === undefined ? (kept?.atMs ?? 0) : state.updatedAtMs,
      loading: !stopped && state.loading && kept === undefined,
      canceled: stopped && state.loading && kept === undefined,
    });
  });
  for (const expr of last.current.keys()) if (!asked.has(expr)) last.current.delete(expr);
  return asked;
}

/** Stops what runs, and keeps it stopped until the question changes or is asked again. */
export function useStopping(question: string): {
  readonly stopped: boolean;
  readonly stop: () => void;
  /** Aborts what still runs: the newest run is the one that is meant. Resolves when one may ask again. */
  readonly again: () => Promise<void>;
} {
  const client = useQueryClient();
  const [stoppedFor, setStoppedFor] = useState<string | null>(null);
  const stop = useCallback(() => {
    setStoppedFor(question);
    void client.cancelQueries({ queryKey: [prefix] });
  }, [client, question]);
  const again = useCallback(() => {
    setStoppedFor(null);
    return client.cancelQueries({ queryKey: [prefix] });
  }, [client]);
  return { stopped: stoppedFor === question, stop, again };
}
