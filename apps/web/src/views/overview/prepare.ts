import type { ActiveAlert, RangeAnswer, Sample } from '#data/prometheus.ts';
import { activeSince, severityRank } from '#frame/alert-pages.ts';

/** Last value of a trend, unless it is older than a few steps: then nothing is known now. */
export function newest(trend: readonly (number | null)[], within = 4): number | null {
  for (let i = trend.length - 1; i >= Math.max(0, trend.length - within); i--) {
    const value = trend[i];
    if (value !== null && value !== undefined) return value;
  }
  return null;
}

type Labels = Readonly<Record<string, string>>;

/** Series on the answer's grid, by a key of their labels. */
function onGrid(answer: RangeAnswer | undefined, keyOf: (labels: Labels) => string): Map<string, (number | null)[]> {
  const grid = new Map<string, (number | null)[]>();
  if (answer === undefined) return grid;
  const stepMs = answer.stepSeconds * 1e3;
  const count = Math.max(0, Math.floor((answer.toMs - answer.fromMs) / stepMs) + 1);
  for (const { labels, times, values } of answer.series) {
    const row = grid.get(keyOf(labels)) ?? new Array<number | null>(count).fill(null);
    times.forEach((time, i) => {
      const at = Math.round((time - answer.fromMs) / stepMs);
      const value = values[i];
      if (at >= 0 && at < count && value !== undefined && !Number.isNaN(value)) row[at] = value;
    });
    grid.set(keyOf(labels), row);
  }
  return grid;
}

export interface Fairness {
  /** Share of the deserved GPUs that is held, 0 to 1, over time; null where unknown. */
  readonly trend: readonly (number | null)[];
  /** The queue that lacks most now. */
  readonly worst: { readonly queue: string; readonly held: number; readonly deserved: number } | null;
}

/**
 * Queue fairness: of the GPUs that queues deserve (the smaller of fair share and request), the share that they hold.
 * Only leaves of the queue tree count: parents repeat their children. 1 where nobody asks for anything.
 */
export function fairness(answers: {
  allocated: RangeAnswer | undefined;
  requested: RangeAnswer | undefined;
  fairShare: RangeAnswer | undefined;
  tree: readonly Sample[];
}): Fairness {
  const queueOf = (labels: Labels) => labels.queue ?? '';
  const [held, asked, fair] = [answers.allocated, answers.requested, answers.fairShare].map((a) =>
    onGrid(a, queueOf),
  ) as [Map<string, (number | null)[]>, Map<string, (number | null)[]>, Map<string, (number | null)[]>];
  const parents = new Set(answers.tree.map((sample) => sample.labels.parent ?? '').filter((parent) => parent !== ''));
  const leaves = [...fair.keys()].filter((queue) => !parents.has(queue) && held.has(queue) && asked.has(queue));
  const length = Math.min(
    ...[held, asked, fair].map((grid) => Math.min(...[...grid.values()].map((row) => row.length))),
  );
  if (leaves.length === 0 || !Number.isFinite(length)) return { trend: [], worst: null };

  let worst: Fairness['worst'] = null;
  const trend = Array.from({ length }, (_, i) => {
    let deserves = 0;
    let holds = 0;
    let known = false;
    let lacking: Fairness['worst'] = null;
    for (const queue of leaves) {
      const [has, asks, share] = [
        held.get(queue)?.[i] ?? null,
        asked.get(queue)?.[i] ?? null,
        fair.get(queue)?.[i] ?? null,
      ];
      if (has === null || asks === null || share === null) continue;
      known = true;
      const deserved = Math.min(asks, share);
      const counted = Math.min(has, deserved);
      deserves += deserved;
      holds += counted;
      if (deserved - counted > (lacking === null ? 0 : lacking.deserved - lacking.held)) {
        lacking = { queue, held: counted, deserved };
      }
    }
    if (!known) return null;
    worst = lacking;
    return deserves === 0 ? 1 : holds / deserves;
  });
  return { trend, worst };
}

export interface Lowest {
  readonly trend: readonly (number | null)[];
  /** Labels of the series that is lowest now. */
  readonly labels: Labels | null;
}

/** The lowest of all series at each step, and which one it is at the end. */
export function lowest(answer: RangeAnswer | undefined): Lowest {
  const keys = new Map<string, Labels>();
  const grid = onGrid(answer, (labels) => {
    const key = JSON.stringify(labels);
    keys.set(key, labels);
    return key;
  });
  const length = Math.max(0, ...[...grid.values()].map((row) => row.length));
  let last: Labels | null = null;
  const trend = Array.from({ length }, (_, i) => {
    let low: number | null = null;
    for (const [key, row] of grid) {
      const value = row[i] ?? null;
      if (value === null || (low !== null && value >= low)) continue;
      low = value;
      last = keys.get(key) ?? null;
    }
    return low;
  });
  return { trend, labels: last };
}

/** Sum of all series at each step; null where none has a value. */
export function total(answer: RangeAnswer | undefined): (number | null)[] {
  const rows = [...onGrid(answer, (labels) => JSON.stringify(labels)).values()];
  const length = Math.max(0, ...rows.map((row) => row.length));
  return Array.from({ length }, (_, i) => {
    const known = rows.flatMap((row) => row[i] ?? []);
    return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0);
  });
}

/** Per job, the ratio at its largest message: small messages are bound by latency, not by the fabric. */
export function largestMessages(answer: RangeAnswer | undefined): RangeAnswer | undefined {
  if (answer === undefined) return undefined;
  const best = new Map<string, RangeAnswer['series'][number]>();
  for (const series of answer.series) {
    const job = series.labels.job ?? '';
    const known = best.get(job);
    if (known === undefined || Number(series.labels.message_bytes) > Number(known.labels.message_bytes))
      best.set(job, series);
  }
  return { ...answer, series: [...best.values()] };
}

export interface Rise {
  readonly labels: Labels;
  /** How much it rose within the range. */
  readonly by: number;
  /** ms since 1970 of the newest rise. */
  readonly at: number;
}

/** Counters that rose within the range. What a series shows first is where it begins, not a rise. */
export function rises(answer: RangeAnswer | undefined): Rise[] {
  if (answer === undefined) return [];
  return answer.series.flatMap(({ labels, times, values }) => {
    let by = 0;
    let at = 0;
    for (let i = 0; i < times.length; i++) {
      const value = values[i]!;
      const before = i > 0 ? values[i - 1]! : value;
      if (value > before) {
        by += value - before;
        at = times[i]!;
      } else if (value < before && i > 0) {
        // A counter that falls was reset: what it shows now came after.
        by += value;
        at = times[i]!;
      }
    }
    return by > 0 ? [{ labels, by, at }] : [];
  });
}

export interface Finding {
  /** The one that began first; it gives the words. */
  readonly first: ActiveAlert;
  /** All alerts of the rule that fire, the first included. */
  readonly alerts: readonly ActiveAlert[];
}

/** Firing alerts as findings: one per rule, however many things it fires for; worst first, then the oldest. */
export function findings(alerts: readonly ActiveAlert[]): Finding[] {
  const byRule = new Map<string, ActiveAlert[]>();
  for (const alert of alerts) {
    if (alert.state !== 'firing') continue;
    const key = `${alert.layer}/${alert.labels.alertname}`;
    byRule.set(key, [...(byRule.get(key) ?? []), alert]);
  }
  const since = (alert: ActiveAlert) => activeSince(alert) ?? Number.POSITIVE_INFINITY;
  return [...byRule.values()]
    .map((group) => {
      const sorted = [...group].sort((a, b) => severityRank(a) - severityRank(b) || since(a) - since(b));
      return { first: sorted[0]!, alerts: sorted };
    })
    .sort((a, b) => severityRank(a.first) - severityRank(b.first) || since(a.first) - since(b.first));
}
