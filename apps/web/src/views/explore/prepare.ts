import { labelText } from '#charts/lines.ts';
import type { ChartLine } from '#charts/time-series-model.ts';
import type { InstantAnswer, RangeAnswer } from '#data/prometheus.ts';
import { seriesLook } from './series-look.ts';

/** More lines than this tell nothing on one chart; the table has them all. */
export const mostLines = 40;

/** One answered query as the drawing needs it. */
export interface Answered<Answer> {
  readonly letter: string;
  /** Place in the list, from 0: its family of colours. */
  readonly place: number;
  readonly expr: string;
  readonly answer: Answer;
}

/** One series of a chart with its figures; null where it has no such value. */
export interface ExploreSeries {
  /** The query and all labels: the same series after the next refresh. */
  readonly key: string;
  readonly letter: string;
  /** By the labels that tell it from the others of its query. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly times: readonly number[];
  readonly values: readonly number[];
  /** Its newest sample in the range. */
  readonly last: number | null;
  readonly min: number | null;
  readonly max: number | null;
  readonly mean: number | null;
  readonly color: string;
  readonly dashed: boolean;
}

const collator = new Intl.Collator('en', { numeric: true });

/**
 * Every series of the queries, by query and then in the order that people count. With `families` each query has a colour
 * of its own, whether the others have answered or not.
 */
export function exploreSeries(queries: readonly Answered<RangeAnswer>[], families: boolean): ExploreSeries[] {
  return queries.flatMap(({ letter, place, expr, answer }) => {
    const nameOf = seriesNames(
      answer.series.map((series) => series.labels),
      expr,
    );
    return answer.series
      .map((series) => ({ series, name: nameOf(series.labels) }))
      .sort((a, b) => collator.compare(a.name, b.name))
      .map(({ series, name }, index) => ({
        key: `${letter} ${JSON.stringify(series.labels)}`,
        letter,
        name,
        labels: series.labels,
        times: series.times,
        values: series.values,
        ...figuresOf(series.values),
        ...seriesLook(families ? place : null, index),
      }));
  });
}

/** Names by what tells series apart; the expression where one series has no label at all. */
export function seriesNames(
  all: readonly Readonly<Record<string, string>>[],
  expr: string,
): (labels: Readonly<Record<string, string>>) => string {
  const first = all[0] ?? {};
  const common = new Set(
    all.length < 2 ? [] : Object.keys(first).filter((name) => all.every((labels) => labels[name] === first[name])),
  );
  return (labels) => {
    const telling = Object.entries(labels).filter(([name]) => !common.has(name));
    return telling.length === 0 ? expr.trim().replaceAll(/\s+/g, ' ') : labelText(Object.fromEntries(telling));
  };
}

/** Figures over the samples of the range; NaN is no value of which there is a smallest or a mean. */
export function figuresOf(values: readonly number[]): Pick<ExploreSeries, 'last' | 'min' | 'max' | 'mean'> {
  let [min, max, sum, count] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0];
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    if (value < min) min = value;
    if (value > max) max = value;
    sum += value;
    count += 1;
  }
  const last = values.at(-1) ?? null;
  return count === 0 ? { last, min: null, max: null, mean: null } : { last, min, max, mean: sum / count };
}

/** Which series are drawn where there are more than a chart can hold. */
export type DrawRule = 'top' | 'bottom' | 'first';

/**
 * Keys of the series that a rule draws: the largest or smallest by newest value, or the first by name. Queries share the
 * room evenly, since their values need not compare; what one leaves goes to the others.
 */
export function pickedKeys(series: readonly ExploreSeries[], rule: DrawRule, most = mostLines): Set<string> {
  const queries = [...Map.groupBy(series, (one) => one.letter).values()].sort((a, b) => a.length - b.length);
  let room = most;
  return new Set(
    queries.flatMap((query, index) => {
      const part = Math.min(query.length, Math.floor(room / (queries.length - index)));
      room -= part;
      return ranked(query, rule)
        .slice(0, part)
        .map((one) => one.key);
    }),
  );
}

function ranked(series: readonly ExploreSeries[], rule: DrawRule): readonly ExploreSeries[] {
  if (rule === 'first') return series;
  const sign = rule === 'top' ? -1 : 1;
  const rank = ({ last }: ExploreSeries) =>
    last === null || Number.isNaN(last) ? Number.POSITIVE_INFINITY : sign * last;
  return series
    .map((one, index) => ({ one, index, rank: rank(one) }))
    .sort((a, b) => (a.rank === b.rank ? a.index - b.index : a.rank - b.rank))
    .map(({ one }) => one);
}

/** What a reader shows and hides by hand, on top of the rule. */
export type ByHand = ReadonlyMap<string, boolean>;

export const isDrawn = (key: string, picked: ReadonlySet<string>, byHand: ByHand): boolean =>
  byHand.get(key) ?? picked.has(key);

/** One series shown or hidden. */
export function toggled(key: string, picked: ReadonlySet<string>, byHand: ByHand): ByHand {
  const next = new Map(byHand);
  const shown = !isDrawn(key, picked, byHand);
  if (picked.has(key) === shown) next.delete(key);
  else next.set(key, shown);
  return next;
}

/** One series alone; once more, and all are back. */
export function isolated(key: string, all: readonly string[], picked: ReadonlySet<string>, byHand: ByHand): ByHand {
  const alone = all.every((one) => isDrawn(one, picked, byHand) === (one === key));
  return alone ? new Map() : new Map(all.map((one) => [one, one === key]));
}

/** Lines of a chart; the letter stands before the name where several queries share it. */
export const chartLines = (series: readonly ExploreSeries[], withLetter: boolean): ChartLine[] =>
  series.map(({ letter, name, times, values, color, dashed }) => ({
    name: withLetter ? `${letter}  ${name}` : name,
    times,
    values,
    color,
    dashed,
  }));

/** The range that holds all answers: "now" may have moved between two of them. */
export function commonRange(answers: readonly RangeAnswer[]): { fromMs: number; toMs: number; stepSeconds: number } {
  return {
    fromMs: Math.min(...answers.map((answer) => answer.fromMs)),
    toMs: Math.max(...answers.map((answer) => answer.toMs)),
    stepSeconds: answers[0]?.stepSeconds ?? 15,
  };
}

/** One row of the table of instant answers. */
export interface TableRow {
  readonly key: string;
  readonly letter: string;
  readonly labels: Readonly<Record<string, string>>;
  /** What it sorts by; null for a string. */
  readonly value: number | null;
  /** The value as the engine has it, with every digit. */
  readonly text: string;
}

/** All samples of all queries; a string expression is a row without labels. */
export const tableRows = (queries: readonly Answered<InstantAnswer>[]): TableRow[] =>
  queries.flatMap(({ letter, answer }): TableRow[] =>
    answer.text !== undefined
      ? [{ key: letter, letter, labels: {}, value: null, text: answer.text }]
      : answer.samples.map(({ labels, value }) => ({
          key: `${letter} ${JSON.stringify(labels)}`,
          letter,
          labels,
          value,
          text: String(value),
        })),
  );

/** Names of the labels in the rows, the metric's name first. */
export function labelColumns(rows: readonly Pick<TableRow, 'labels'>[]): string[] {
  const names = new Set(rows.flatMap((row) => Object.keys(row.labels)));
  return [...names].sort((a, b) => Number(b === '__name__') - Number(a === '__name__') || a.localeCompare(b));
}
