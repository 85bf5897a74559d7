import type { RangeAnswer, Sample } from '#data/prometheus.ts';
import { format } from '#format/units.ts';

const collator = new Intl.Collator('en', { numeric: true });
type Labels = Readonly<Record<string, string>>;

/** Host of a GPU; older exporters write it with a capital. */
export const nodeOf = (labels: Labels): string =>
  labels.hostname ?? labels.Hostname ?? labels.instance ?? 'unknown node';

/** A MIG slice beside its whole GPU: counted once, by the whole. */
const isSlice = (labels: Labels) => labels.GPU_I_ID !== undefined && labels.GPU_I_ID !== '';

const keyOf = (node: string, gpu: string) => `${node}/${gpu}`;

export interface GpuGrid {
  readonly nodes: readonly string[];
  readonly gpus: readonly string[];
  readonly values: ReadonlyMap<string, number>;
  readonly highest: number;
}

/** Node × GPU; a GPU that has no sample is absent from `values`. */
export function gpuGrid(samples: readonly Sample[]): GpuGrid {
  const values = new Map<string, number>();
  const nodes = new Set<string>();
  const gpus = new Set<string>();
  for (const { labels, value } of samples) {
    if (labels.gpu === undefined || isSlice(labels)) continue;
    const node = nodeOf(labels);
    nodes.add(node);
    gpus.add(labels.gpu);
    if (Number.isFinite(value)) values.set(keyOf(node, labels.gpu), value);
  }
  return {
    nodes: [...nodes].sort(collator.compare),
    gpus: [...gpus].sort(collator.compare),
    values,
    highest: Math.max(0, ...values.values()),
  };
}

export type Work = 'works' | 'idle' | 'suffers' | 'unknown';

export interface GpuState {
  readonly node: string;
  readonly gpu: string;
  readonly work: Work;
  /** Why it suffers; null where it does not. */
  readonly reason: string | null;
  readonly utilization: number | null;
  readonly temperature: number | null;
  readonly clock: number | null;
  readonly xid: number | null;
}

/** Causes of suffering that no exporter tells of: "none suffers" is only known where all are told. Undefined: not known yet. */
export function unseenCauses(answers: {
  temperature: readonly Sample[] | undefined;
  clock: readonly Sample[] | undefined;
  xid: readonly Sample[] | undefined;
}): string[] {
  const words = { temperature: 'heat', clock: 'clocks', xid: 'XID errors' } as const;
  return (Object.keys(words) as (keyof typeof words)[])
    .filter((key) => answers[key]?.length === 0)
    .map((key) => words[key]);
}

/** Below this utilization, percent, a GPU counts as idle. */
export const idleBelowPercent = 5;
/** H100-class parts slow down near 87 °C; from here on a GPU counts as too hot. */
export const hotFromCelsius = 85;
/** A busy GPU at less than this share of the median clock of the busy ones is held back. */
export const slowClockShare = 0.8;

function median(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  if (sorted.length === 0) return null;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** What each GPU does: works, idles, or suffers and why. Only GPUs with a sample of something appear. */
export function gpuStates(answers: {
  utilization: readonly Sample[];
  temperature: readonly Sample[];
  clock: readonly Sample[];
  xid: readonly Sample[];
}): GpuState[] {
  const [utilization, temperature, clock, xid] = [
    answers.utilization,
    answers.temperature,
    answers.clock,
    answers.xid,
  ].map((s) => gpuGrid(s).values) as [
    ReadonlyMap<string, number>,
    ReadonlyMap<string, number>,
    ReadonlyMap<string, number>,
    ReadonlyMap<string, number>,
  ];
  const keys = [...new Set([utilization, temperature, clock, xid].flatMap((map) => [...map.keys()]))].sort(
    collator.compare,
  );
  const busy = keys.filter((key) => (utilization.get(key) ?? 0) >= 50);
  const usual = median(busy.flatMap((key) => clock.get(key) ?? []));
  return keys.map((key) => {
    const slash = key.lastIndexOf('/');
    const util = utilization.get(key) ?? null;
    const celsius = temperature.get(key) ?? null;
    const mhz = clock.get(key) ?? null;
    const code = xid.get(key) ?? null;
    const slow = util !== null && util >= 50 && mhz !== null && usual !== null && mhz < usual * slowClockShare;
    const reasons = [
      code !== null && code > 0 ? `XID ${code}` : null,
      celsius !== null && celsius >= hotFromCelsius ? `${format(celsius, 'celsius')}` : null,
      slow ? `clock ${format(mhz, 'megahertz')}, others ${format(usual, 'megahertz')}` : null,
    ].filter((reason) => reason !== null);
    const work: Work =
      reasons.length > 0 ? 'suffers' : util === null ? 'unknown' : util < idleBelowPercent ? 'idle' : 'works';
    return {
      node: key.slice(0, slash),
      gpu: key.slice(slash + 1),
      work,
      reason: reasons.length > 0 ? reasons.join(', ') : null,
      utilization: util,
      temperature: celsius,
      clock: mhz,
      xid: code !== null && code > 0 ? code : null,
    };
  });
}

/** How many GPUs are in each state. */
export function countStates(states: readonly GpuState[]): Record<Work, number> {
  const counts: Record<Work, number> = { works: 0, idle: 0, suffers: 0, unknown: 0 };
  for (const state of states) counts[state.work]++;
  return counts;
}

export interface XidEvent {
  readonly node: string;
  readonly gpu: string;
  readonly code: number;
  readonly message: string | null;
  /** ms since 1970 of the first sample that shows it. */
  readonly seenAt: number;
  /** It was there already when the range began. */
  readonly before: boolean;
  /** Gone since, ms; null while it stands. */
  readonly clearedAt: number | null;
}

/**
 * Events from the edges of the gauge, which keeps the last code: each time a code appears or changes. The answer holds
 * only samples with a code set. Newest first.
 */
export function xidEvents(answer: RangeAnswer): XidEvent[] {
  const stepMs = answer.stepSeconds * 1e3;
  const events: XidEvent[] = [];
  for (const { labels, times, values } of answer.series) {
    if (labels.gpu === undefined || isSlice(labels)) continue;
    let start = 0;
    for (let i = 1; i <= times.length; i++) {
      const ends = i === times.length || values[i] !== values[start] || times[i]! - times[i - 1]! > 2 * stepMs;
      if (!ends) continue;
      const last = times[i - 1]!;
      events.push({
        node: nodeOf(labels),
        gpu: labels.gpu,
        code: values[start]!,
        message: labels.err_msg ?? null,
        seenAt: times[start]!,
        before: times[start]! - answer.fromMs < stepMs,
        clearedAt: answer.toMs - last > 2 * stepMs ? last + stepMs : null,
      });
      start = i;
    }
  }
  return events.sort((a, b) => b.seenAt - a.seenAt);
}
