'use client';

import { useQuery } from '@tanstack/react-query';
import { type Absence, whyEmpty } from './absence.ts';
import { useClock } from './clock.tsx';
import { useCluster } from './cluster.ts';
import { useSources } from './hooks.ts';
import { listSeries } from './prometheus.ts';

const lookbackMs = 48 * 3600e3;

/** Finds out why a panel is empty; asks only while `enabled`. */
export function useAbsence(metrics: readonly string[], receivers: readonly string[], enabled: boolean): Absence {
  const { matcher, name, none } = useCluster();
  const { nowMs } = useClock();
  const sources = useSources();
  const known = useQuery({
    queryKey: ['known', metrics, matcher],
    queryFn: async ({ signal }) => {
      const now = Date.now();
      const selectors = metrics.map((metric) => `${metric}{${matcher}}`);
      return (await listSeries(selectors, { fromMs: now - lookbackMs, toMs: now }, signal)).length > 0;
    },
    enabled: enabled && matcher !== undefined && metrics.length > 0,
    staleTime: 60_000,
  });
  return whyEmpty({
    metrics,
    receivers,
    cluster: name,
    sources: sources.data,
    known: none || metrics.length === 0 ? false : known.data,
    now: nowMs,
  });
}
