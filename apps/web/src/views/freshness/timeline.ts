import type { RangeAnswer, Series } from '#data/prometheus.ts';
import type { SourceRow } from './prepare.ts';

/** What is known of a stretch of time. `unknown` is its own state: never drawn as receiving. */
export type Lane = 'receiving' | 'partly' | 'refused' | 'down' | 'silent' | 'away' | 'unknown';

export interface Segment {
  readonly state: Lane;
  readonly fromMs: number;
  readonly toMs: number;
}

/** A stretch in which the gateway was not there. */
export interface Absence {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Restarts {
  /** When a process began, ms since 1970, ascending. */
  readonly starts: readonly number[];
  readonly away: readonly Absence[];
}

interface Range {
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * Starts of the gateway in the range, and from when to when it was away before each: from what each process wrote of
 * itself, so exact whatever the step. Of a process that does not know its predecessor, the start alone is known.
 */
export function restartsOf(
  started: RangeAnswer | undefined,
  previous: RangeAnswer | undefined,
  range: Range,
): Restarts {
  const series = started?.series[0];
  const seen = new Map((previous?.series[0]?.times ?? []).map((time, i) => [time, previous?.series[0]?.values[i]]));
  const starts = new Map<number, number | undefined>();
  series?.times.forEach((time, i) => {
    const startMs = Math.round((series.values[i] ?? 0) * 1000);
    const before = seen.get(time);
    starts.set(startMs, before ?? starts.get(startMs));
  });
  const away: Absence[] = [];
  const inRange: number[] = [];
  for (const [startMs, beforeSeconds] of [...starts].sort(([a], [b]) => a - b)) {
    if (startMs >= range.fromMs && startMs <= range.toMs) inRange.push(startMs);
    if (beforeSeconds === undefined) continue;
    const fromMs = Math.max(range.fromMs, beforeSeconds * 1000);
    const toMs = Math.min(range.toMs, startMs);
    if (toMs > fromMs) away.push({ fromMs, toMs });
  }
  return { starts: inRange, away };
}

/** Answers of which the lanes are made, all on one grid. */
export interface LaneAnswers {
  readonly started: RangeAnswer | undefined;
  readonly lastArrival: RangeAnswer | undefined;
  readonly silent: RangeAnswer | undefined;
  readonly up: RangeAnswer | undefined;
  readonly accepted: RangeAnswer | undefined;
  readonly refused: RangeAnswer | undefined;
}

const seriesKey = ({ labels }: Series) => `${labels.receiver}\n${labels.source ?? ''}\n${labels.sender ?? ''}`;
const byKey = (answer: RangeAnswer | undefined) => new Map((answer?.series ?? []).map((one) => [seriesKey(one), one]));

/** Values of a series by the index of the step; undefined where there is none. */
function onGrid(
  series: Series | undefined,
  { fromMs, stepSeconds }: RangeAnswer,
  count: number,
): (number | undefined)[] {
  const values = new Array<number | undefined>(count);
  series?.times.forEach((time, i) => {
    const at = Math.round((time - fromMs) / (stepSeconds * 1e3));
    if (at >= 0 && at < count) values[at] = series.values[i];
  });
  return values;
}

/** Without a usual interval, what came so lately is receiving: a minute, and the 15 s between the gateway's own metrics. */
const lastlyMs = 75_000;

/**
 * What came of each row over the range. A step speaks for the time since the step before. Silent is what the gateway
 * counted as silence, and what lies between a source's last arrival and a step at which it was silent. Without the
 * gateway's own metrics nothing is known: away where it says so itself, else unknown.
 */
export function lanesOf(
  rows: readonly Pick<SourceRow, 'key' | 'receiver' | 'source' | 'sender'>[],
  answers: LaneAnswers,
  away: readonly Absence[],
): Map<string, Segment[]> {
  const lanes = new Map<string, Segment[]>();
  const grid = answers.lastArrival;
  if (grid === undefined) return lanes;
  const stepMs = grid.stepSeconds * 1e3;
  const count = Math.max(0, Math.floor((grid.toMs - grid.fromMs) / stepMs)) + 1;
  const present = onGrid(answers.started?.series[0], grid, count);
  const tables = {
    arrival: byKey(grid),
    silent: byKey(answers.silent),
    up: byKey(answers.up),
    accepted: byKey(answers.accepted),
    refused: byKey(answers.refused),
  };
  for (const { key, receiver, source, sender } of rows) {
    const id = `${receiver}\n${sender === null ? source : ''}\n${sender ?? ''}`;
    const of = (name: keyof typeof tables) => onGrid(tables[name].get(id), grid, count);
    const [arrival, silent, up, accepted, refused] = [
      of('arrival'),
      of('silent'),
      of('up'),
      of('accepted'),
      of('refused'),
    ];
    const cells = new Array<Lane>(count).fill('unknown');
    for (let i = 0; i < count; i++) {
      const timeMs = grid.fromMs + i * stepMs;
      const last = arrival[i];
      if (present[i] === undefined || last === undefined) continue;
      const total = silent[i];
      const before = silent[i - 1];
      // The counter begins anew with the process; its first value in sight says nothing of when.
      const grew = total === undefined || i === 0 || before === undefined ? 0 : total < before ? total : total - before;
      if (up[i] === 0) cells[i] = 'down';
      else if (grew > 0) {
        cells[i] = 'silent';
        for (let j = i - 1; j >= 0 && grid.fromMs + j * stepMs > last * 1e3 + stepMs && cells[j] === 'receiving'; j--)
          cells[j] = 'silent';
      } else if (total === undefined && up[i] !== 1 && timeMs - last * 1e3 > Math.max(2 * stepMs, lastlyMs)) continue;
      // Recalled from before a restart: due, and not heard of since.
      else if (last < (present[i] ?? 0)) continue;
      else if ((refused[i] ?? 0) > 0) cells[i] = (accepted[i] ?? 0) > 0 ? 'partly' : 'refused';
      else cells[i] = 'receiving';
    }
    lanes.set(key, withAbsences(segmentsOf(cells, grid), away));
  }
  return lanes;
}

/** Equal neighbours as one; each cell reaches back to the step before. */
function segmentsOf(cells: readonly Lane[], { fromMs, stepSeconds }: RangeAnswer): Segment[] {
  const stepMs = stepSeconds * 1e3;
  const segments: { state: Lane; fromMs: number; toMs: number }[] = [];
  for (let i = 1; i < cells.length; i++) {
    const state = cells[i] as Lane;
    const toMs = fromMs + i * stepMs;
    const last = segments.at(-1);
    if (last?.state === state) last.toMs = toMs;
    else segments.push({ state, fromMs: toMs - stepMs, toMs });
  }
  return segments;
}

/** The gateway's absences cut out of whatever the steps say: nobody watched meanwhile. */
function withAbsences(segments: readonly Segment[], away: readonly Absence[]): Segment[] {
  let rest: Segment[] = [...segments];
  for (const { fromMs, toMs } of away) {
    const cut: Segment[] = [];
    for (const segment of rest) {
      if (segment.toMs <= fromMs || segment.fromMs >= toMs) {
        cut.push(segment);
        continue;
      }
      if (segment.fromMs < fromMs) cut.push({ ...segment, toMs: fromMs });
      if (segment.toMs > toMs) cut.push({ ...segment, fromMs: toMs });
    }
    rest = cut;
  }
  return [...rest, ...away.map((one): Segment => ({ state: 'away', ...one }))].sort((a, b) => a.fromMs - b.fromMs);
}

/** Stretches that were not as they should be, the newest first. */
export const troubles = (segments: readonly Segment[]): Segment[] =>
  segments.filter(({ state }) => state !== 'receiving' && state !== 'unknown').reverse();

export const laneWords: Readonly<Record<Lane, string>> = {
  receiving: 'receiving',
  partly: 'partly refused',
  refused: 'all refused',
  down: 'down',
  silent: 'silent',
  away: 'gateway away',
  unknown: 'not known',
};

/** What is drawn at once; a page of hundreds of lanes is read by nobody. */
export const lanesAtOnce = 25;
