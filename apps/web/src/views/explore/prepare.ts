import { labelText, linesOf } from '#charts/lines.ts';
import type { ChartLine } from '#charts/time-series-model.ts';
import type { RangeAnswer, Sample } from '#data/prometheus.ts';
import type { Unit } from '#format/units.ts';

/** More lines than this tell nothing on one chart; the table has them all. */
export const mostLines = 40;

export interface Drawn {
  readonly lines: readonly ChartLine[];
  readonly series: number;
  readonly points: number;
}

/** The first lines of an answer, named by the labels that tell them apart, and how much it holds altogether. */
export function drawn(answer: RangeAnswer): Drawn {
  const shown = { ...answer, series: answer.series.slice(0, mostLines) };
  const first = shown.series[0]?.labels ?? {};
  const common = new Set(
    shown.series.length < 2
      ? []
      : Object.keys(first).filter((name) => shown.series.every(({ labels }) => labels[name] === first[name])),
  );
  return {
    lines: linesOf(shown, (labels) =>
      labelText(Object.fromEntries(Object.entries(labels).filter(([name]) => !common.has(name)))),
    ),
    series: answer.series.length,
    points: answer.series.reduce((sum, series) => sum + series.times.length, 0),
  };
}

/** Names of the labels in an instant answer, the metric's name first. */
export function labelColumns(samples: readonly Sample[]): string[] {
  const names = new Set(samples.flatMap((sample) => Object.keys(sample.labels)));
  return [...names].sort((a, b) => Number(b === '__name__') - Number(a === '__name__') || a.localeCompare(b));
}

/** Unit told by the name of a plain selector, as conventions have it; `none` where the expression computes something. */
export function guessUnit(expr: string): Unit {
  const plain = /^\s*([a-zA-Z_:][\w:]*)\s*(\{[^}]*\})?\s*$/.exec(expr);
  const name = plain?.[1] ?? '';
  if (name.endsWith('_bytes_per_second')) return 'bytesPerSecond';
  if (name.endsWith('_bytes')) return 'bytes';
  if (name.endsWith('_seconds')) return 'seconds';
  if (name.endsWith('_ratio')) return 'ratio';
  return 'none';
}

/** The line that an error points at and a caret under the place; null where it names no place in the expression. */
export function errorPlace(
  expr: string,
  position: { line: number; column: number } | undefined,
): { line: string; caret: string } | null {
  const line = position === undefined ? undefined : expr.split('\n')[position.line - 1];
  if (position === undefined || line === undefined) return null;
  return { line, caret: `${' '.repeat(Math.min(line.length, Math.max(0, position.column - 1)))}^` };
}
