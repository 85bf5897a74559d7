import { compareLabels } from '../evaluate/matrix.ts';
import type { QueryResult, QueryValue } from '../result/result.ts';
import type { EvalCommand, ExpectLine } from './script.ts';
import { printSeries, type SequenceValue, type SeriesLine } from './series-line.ts';

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
    faultOfMessages(command.expects, 'warn', result.warnings) ??
    faultOfMessages(command.expects, 'info', result.infos) ??
    faultOfValue(command, result.value)
  );
}

/** Where any message is expected, each must come and no other; where none is named, whatever comes is left alone. */
function faultOfMessages(
  expects: readonly ExpectLine[],
  type: 'warn' | 'info',
  messages: readonly string[],
): string | undefined {
  const got = messages.length === 0 ? 'none' : messages.map((message) => `"${message}"`).join('; ');
  if (expects.some((line) => line.type === `no_${type}`) && messages.length > 0)
    return `expected no ${type}, got ${got}`;
  const lines = expects.filter((line) => line.type === type);
  if (lines.length === 0) return undefined;
  if (messages.length === 0) return `expected ${type}, got none`;
  for (const line of lines) {
    if (!messages.some((message) => matches(line, message)))
      return `expected ${type} ${String(line.message)}, got ${got}`;
  }
  const extra = messages.find((message) => !lines.some((line) => matches(line, message)));
  return extra === undefined ? undefined : `expected no other ${type}, got "${extra}"`;
}

/** Whether a message is what an `expect` line wants. Older scripts leave the place out that a message ends with. */
export function matches(line: ExpectLine, message: string): boolean {
  if (line.message === undefined) return true;
  if (typeof line.message !== 'string') return line.message.test(message);
  return line.message === message || line.message === message.replace(/ \(\d+:\d+\)$/, '');
}

/** What is wrong with a value, warnings aside. */
export function faultOfValue(command: EvalCommand, value: QueryValue): string | undefined {
  const { expectedScalar, expectedString } = command;
  if (value.type === 'string') {
    if (value.value === expectedString) return undefined;
    return `expected ${expectedString === undefined ? 'no string' : JSON.stringify(expectedString)}, got ${JSON.stringify(value.value)}`;
  }
  if (expectedString !== undefined) return `expected a string, got a ${value.type}`;
  if (value.type === 'scalar') {
    if (expectedScalar === undefined) return `expected series, got the scalar ${value.value}`;
    return almostEqual(value.value, expectedScalar) ? undefined : `expected ${expectedScalar}, got ${value.value}`;
  }
  if (expectedScalar !== undefined) return `expected the scalar ${expectedScalar}, got a ${value.type}`;
  return value.type === 'vector' ? faultOfVector(command, value) : faultOfMatrix(command, value);
}

function faultOfVector(command: EvalCommand, value: QueryValue & { type: 'vector' }): string | undefined {
  const expected = bySeries(command.expectedSeries);
  const ordered = command.expects.some((line) => line.type === 'ordered');
  for (const [position, labels] of value.series.entries()) {
    const line = expected.get(labels.key);
    const got = value.values[position] as number;
    if (line === undefined) return `expected no ${printSeries(labels)}, got ${got}`;
    expected.delete(labels.key);
    const place = command.expectedSeries.indexOf(line);
    if (ordered && place !== position)
      return `expected ${printSeries(labels)} in place ${place + 1}, got it in place ${position + 1}`;
    const wanted = line.values[0];
    if (typeof wanted !== 'number' || !almostEqual(wanted, got))
      return `expected ${wanted} for ${printSeries(labels)}, got ${got}`;
  }
  const missing = expected.values().next().value;
  return missing === undefined
    ? undefined
    : `expected ${missing.values[0]} for ${printSeries(missing.labels)}, got nothing`;
}

/** What is wrong with the order of a matrix: its series are always sorted by their labels. */
export function faultOfOrder({ series }: QueryValue & { type: 'matrix' }): string | undefined {
  for (let i = 1; i < series.length; i++) {
    const [before, after] = [series[i - 1]?.labels, series[i]?.labels];
    if (before !== undefined && after !== undefined && compareLabels(before, after) > 0)
      return `expected series sorted by labels, got ${printSeries(after)} after ${printSeries(before)}`;
  }
  return undefined;
}

function faultOfMatrix(command: EvalCommand, value: QueryValue & { type: 'matrix' }): string | undefined {
  if (command.expects.some((line) => line.type === 'ordered'))
    return 'expected an order, got a matrix, which has its own';
  const order = faultOfOrder(value);
  if (order !== undefined) return order;
  const expected = bySeries(command.expectedSeries);
  const { startMs, endMs, stepMs } = command.rangeVector ?? command;
  for (const { labels, timestamps, values } of value.series) {
    const name = printSeries(labels);
    const line = expected.get(labels.key);
    const got = (): string =>
      Array.from(values, (point, i) => `${point} @ ${(timestamps[i] as number) / 1000}`).join(', ');
    if (line === undefined) return `expected no ${name}, got ${got()}`;
    expected.delete(labels.key);
    let at = 0;
    for (const [step, wanted] of line.values.entries()) {
      const timeMs = startMs + step * stepMs;
      if (timeMs > endMs) return `expected ${line.values.length} points for ${name}, which the range cannot hold`;
      if (wanted === 'gap') continue;
      const agrees =
        timestamps[at] === timeMs && typeof wanted === 'number' && almostEqual(wanted, values[at] as number);
      if (!agrees) return `expected ${wanted} @ ${timeMs / 1000} for ${name}, got ${got()}`;
      at++;
    }
    if (at < values.length) return `expected ${at} points for ${name}, got ${values.length}: ${got()}`;
  }
  const missing = expected.values().next().value;
  return missing === undefined ? undefined : `expected ${shownLine(missing)}, got nothing`;
}

const shownLine = ({ labels, values }: SeriesLine): string =>
  `${printSeries(labels)} ${values.map((value: SequenceValue) => (value === 'gap' ? '_' : value)).join(' ')}`;

const bySeries = (lines: readonly SeriesLine[]): Map<string, SeriesLine> =>
  new Map(lines.map((line) => [line.labels.key, line]));
