import type { Case } from './random-cases.ts';
import type { DataSeries } from './series-data.ts';
import { smallerQueries } from './shrink-query.ts';

/** A case with the data that it fails on. */
export interface Failing {
  readonly asked: Case;
  readonly data: readonly DataSeries[];
}

/** Says what is wrong, or undefined where nothing is. */
export type Fault = (candidate: Failing) => Promise<string | undefined>;

/**
 * Makes a failing case small: parts of the query go, then steps, then series, then samples, for as long as something is
 * still wrong. Ends early when the time is up.
 */
export async function shrink(failing: Failing, fault: Fault, budgetMs: number): Promise<Failing> {
  const deadline = performance.now() + budgetMs;
  let best = failing;
  const holds = async (candidate: Failing): Promise<boolean> => {
    if (performance.now() > deadline) return false;
    if ((await fault(candidate)) === undefined) return false;
    best = candidate;
    return true;
  };
  for (let before: Failing | undefined; before !== best && performance.now() < deadline; ) {
    before = best;
    while (
      await first(smallerQueries(best.asked.query), (query) => holds({ ...best, asked: { ...best.asked, query } }))
    );
    await first(fewerSteps(best.asked), (asked) => holds({ ...best, asked }));
    await thin(best.data, (data) => holds({ ...best, data }));
    if (best.data.length <= 8)
      for (let s = 0; s < best.data.length; s++) {
        const series = best.data[s] as DataSeries;
        const samples = series.times.map((timeMs, i) => [timeMs, series.values[i] as number | 'stale'] as const);
        await thin(samples, (kept) => {
          const thinner = { ...series, times: kept.map(([timeMs]) => timeMs), values: kept.map(([, value]) => value) };
          return holds({ ...best, data: best.data.map((other, i) => (i === s ? thinner : other)) });
        });
      }
  }
  return best;
}

async function first<T>(candidates: readonly T[], holds: (candidate: T) => Promise<boolean>): Promise<boolean> {
  for (const candidate of candidates) if (await holds(candidate)) return true;
  return false;
}

function fewerSteps({ query, startMs, endMs, stepMs }: Case): Case[] {
  if (stepMs === 0) return [];
  const found: Case[] = [];
  for (let timeMs = startMs; timeMs <= endMs; timeMs += stepMs)
    found.push({ query, startMs: timeMs, endMs: timeMs, stepMs: 0 });
  for (let timeMs = startMs + stepMs; timeMs <= endMs; timeMs += stepMs)
    found.push({ query, startMs: timeMs - stepMs, endMs: timeMs, stepMs });
  return endMs > startMs + stepMs ? found : found.filter((one) => one.stepMs === 0);
}

/** Leaves out ever smaller runs of items. */
async function thin<T>(items: readonly T[], holds: (kept: readonly T[]) => Promise<boolean>): Promise<void> {
  let kept = items;
  for (let run = Math.ceil(kept.length / 2); run >= 1; run = Math.floor(run / 2)) {
    for (let from = 0; from < kept.length; ) {
      const without = [...kept.slice(0, from), ...kept.slice(from + run)];
      if (await holds(without)) kept = without;
      else from += run;
    }
  }
}
