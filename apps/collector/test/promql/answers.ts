import { formatLabels } from '@binnacle/promql/evaluate/label-edit.ts';
import type { QueryResult } from '@binnacle/promql/result/result.ts';

/** An answer in the form in which engines are compared: per series, points in time order. Or a refusal. */
export type Answer =
  | {
      readonly kind: 'series';
      readonly series: ReadonlyMap<string, readonly (readonly [timeMs: number, value: number])[]>;
      /** Warnings and infos in alphabetical order; left out where they are not comparable. */
      readonly notes?: readonly string[];
    }
  | { readonly kind: 'refused'; readonly reason: string };

/** Whether two values of the same point agree. */
export type Agree = (a: number, b: number) => boolean;

/** Every bit counts, but for those of NaN. */
export const sameBits: Agree = (a, b) => Object.is(a, b);

/** Within a share of the larger one. NaN agrees with NaN, and an infinity only with itself. */
export const within =
  (share: number): Agree =>
  (a, b) =>
    a === b || (Number.isNaN(a) && Number.isNaN(b)) || Math.abs(a - b) <= share * Math.max(Math.abs(a), Math.abs(b));

export function answerOf({ value, warnings, infos }: QueryResult): Answer {
  const series = new Map<string, readonly (readonly [number, number])[]>();
  if (value.type === 'matrix') {
    for (const { labels, timestamps, values } of value.series)
      series.set(
        formatLabels(labels),
        Array.from(values, (v, i) => [timestamps[i] as number, v] as const),
      );
  } else if (value.type === 'vector') {
    for (const [i, labels] of value.series.entries())
      series.set(formatLabels(labels), [[value.timeMs, value.values[i] as number]]);
  } else if (value.type === 'scalar') series.set('scalar', [[value.timeMs, value.value]]);
  return { kind: 'series', series, notes: [...warnings, ...infos].sort() };
}

/** What differs, as a sentence with the first difference, or undefined. Two refusals agree, whatever their words. */
export function difference(wanted: Answer, got: Answer, agree: Agree): string | undefined {
  if (wanted.kind === 'refused' || got.kind === 'refused') {
    if (wanted.kind === got.kind) return undefined;
    return wanted.kind === 'refused'
      ? `should be refused (${wanted.reason}), was answered`
      : `should be answered, was refused: ${(got as Answer & { kind: 'refused' }).reason}`;
  }
  const [notes, otherNotes] = [wanted.notes?.join('; '), got.notes?.join('; ')];
  if (notes !== undefined && otherNotes !== undefined && notes !== otherNotes)
    return `wanted the notes "${notes}", got "${otherNotes}"`;
  for (const [name, points] of wanted.series) {
    const others = got.series.get(name);
    if (others === undefined) return `${name} is missing: ${show(points)}`;
    for (const [i, [timeMs, value]] of points.entries()) {
      const other = others[i];
      if (other === undefined || other[0] !== timeMs)
        return `${name}: wanted a point at ${timeMs} ms, got ${show(others)}`;
      if (!agree(value, other[1])) return `${name} at ${timeMs} ms: wanted ${value}, got ${other[1]}`;
    }
    if (others.length > points.length) return `${name} has points too many: ${show(others)} instead of ${show(points)}`;
  }
  for (const [name, points] of got.series) if (!wanted.series.has(name)) return `${name} is too many: ${show(points)}`;
  return undefined;
}

const show = (points: readonly (readonly [number, number])[]): string =>
  points
    .slice(0, 4)
    .map(([timeMs, value]) => `${value} @${timeMs}`)
    .join(' ') + (points.length > 4 ? ` … (${points.length})` : '');
