import { formatLabels } from '../evaluate/label-edit.ts';
import { compareLabels } from '../evaluate/matrix.ts';
import type { QueryResult, QueryValue } from '../result/result.ts';
import type { EvalCommand, ExpectLine, SequenceValue, SeriesLine } from './script.ts';

const epsilon = 1e-6;
const smallestNormal = 2.2250738585072014e-308;

/** Whether two floats agree to one in a million. NaN agrees with NaN. */
export function almostEqual(a: number, b: number): boolean {
  if (a === b || (Number.isNaN(a) && Number.isNaN(b))) return true;
  const sum = Math.abs(a) + Math.abs(b);
  const difference = Math.abs(a - b);
  if (a === 0 || b === 0 || sum < smallestNormal) return difference < epsilon * smallestNormal;
  return difference / Math.min(sum, Number.MAX_VALUE) < epsilon;
}

/** What is wrong with an answer, or undefined where it is as the script wants it. */
export function faultOf(command: EvalCommand, result: QueryResult): string | undefined {
  return (
    faultOfMessages(command.expects, 'warn', 'no_warn', result.warnings) ??
    faultOfMessages(command.expects, 'info', 'no_info', result.infos) ??
    faultOfValue(command, result.value)
  );
}

function faultOfMessages(
  expects: readonly ExpectLine[],
  wanted: 'warn' | 'info',
  unwanted: 'no_warn' | 'no_info',
  messages: readonly string[],
): string | undefined {
  const lines = expects.filter((line) => line.type === wanted);
  if (expects.some((line) => line.type === unwanted) && messages.length > 0)
    return `unexpected ${wanted}: ${messages.join('; ')}`;
  if (lines.length === 0) return undefined;
  for (const line of lines) {
    if (!messages.some((message) => matches(line, message)))
      return `no ${wanted} matches ${String(line.message)}; got: ${messages.join('; ')}`;
  }
  const extra = messages.find((message) => !lines.some((line) => matches(line, message)));
  return extra === undefined ? undefined : `unexpected ${wanted}: ${extra}`;
}

/** Whether a message is what an `expect` line wants. */
export function matches(line: ExpectLine, message: string): boolean {
  if (line.message === undefined) return true;
  return typeof line.message === 'string' ? line.message === message : line.message.test(message);
}

function faultOfValue(command: EvalCommand, value: QueryValue): string | undefined {
  switch (value.type) {
    case 'string':
      return value.value === command.expectedString
        ? undefined
        : `expected string ${command.expectedString}, got ${value.value}`;
    case 'scalar': {
      if (command.expectedScalar === undefined) return `expected series, got the scalar ${value.value}`;
      return almostEqual(value.value, command.expectedScalar)
        ? undefined
        : `expected ${command.expectedScalar}, got ${value.value}`;
    }
    case 'vector':
      return command.expectedScalar === undefined ? faultOfVector(command, value) : 'expected a scalar, got a vector';
    case 'matrix':
      return command.expectedScalar === undefined ? faultOfMatrix(command, value) : 'expected a scalar, got a matrix';
  }
}

const show = (value: SequenceValue | undefined): string => `${value}`;

function faultOfVector(command: EvalCommand, value: QueryValue & { type: 'vector' }): string | undefined {
  const expected = bySeries(command.expectedSeries);
  const ordered = command.expects.some((line) => line.type === 'ordered');
  for (const [position, labels] of value.series.entries()) {
    const line = expected.get(labels.key);
    const got = value.values[position] as number;
    if (line === undefined) return `unexpected series ${formatLabels(labels)} with ${got}`;
    expected.delete(labels.key);
    if (ordered && command.expectedSeries.indexOf(line) !== position) return `${formatLabels(labels)} is out of order`;
    const wanted = line.values[0];
    if (typeof wanted !== 'number' || !almostEqual(wanted, got))
      return `expected ${show(wanted)} for ${formatLabels(labels)}, got ${got}`;
  }
  const missing = expected.values().next().value;
  return missing === undefined ? undefined : `${formatLabels(missing.labels)} is missing`;
}

function faultOfMatrix(command: EvalCommand, value: QueryValue & { type: 'matrix' }): string | undefined {
  const expected = bySeries(command.expectedSeries);
  const { startMs, stepMs } = command.rangeVector ?? command;
  for (const [index, series] of value.series.entries()) {
    const name = formatLabels(series.labels);
    const before = value.series[index - 1];
    if (before !== undefined && compareLabels(before.labels, series.labels) > 0)
      return 'the matrix is not sorted by labels';
    const line = expected.get(series.labels.key);
    if (line === undefined) return `unexpected series ${name} with ${series.values.join(' ')}`;
    expected.delete(series.labels.key);
    let at = 0;
    for (const [step, wanted] of line.values.entries()) {
      if (wanted === 'gap') continue;
      const timeMs = startMs + step * stepMs;
      if (series.timestamps[at] !== timeMs)
        return `${name}: expected ${show(wanted)} at ${timeMs} ms, got ${showPoints(series)}`;
      if (typeof wanted !== 'number' || !almostEqual(wanted, series.values[at] as number)) {
        return `${name}: expected ${show(wanted)} at ${timeMs} ms, got ${series.values[at]} (${showPoints(series)})`;
      }
      at++;
    }
    if (at < series.values.length) return `${name} has more points than expected: ${showPoints(series)}`;
  }
  for (const line of expected.values()) {
    if (line.values.some((wanted) => wanted !== 'gap')) return `${formatLabels(line.labels)} is missing`;
  }
  return undefined;
}

function showPoints(series: { readonly timestamps: Float64Array; readonly values: Float64Array }): string {
  return Array.from(series.values, (value, i) => `${value} @ ${series.timestamps[i]}`).join(', ');
}

const bySeries = (lines: readonly SeriesLine[]): Map<string, SeriesLine> =>
  new Map(lines.map((line) => [line.labels.key, line]));
