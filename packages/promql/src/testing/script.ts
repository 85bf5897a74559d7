import { type LabelSet, labelsFromObject } from '@binnacle/shared/telemetry/labels.ts';
import { parseDurationMs } from '../parse/duration.ts';
import { numberValue, stringValue } from '../parse/literals.ts';

/**
 * Scripts that describe the language, in the format of Prometheus' promqltest: blocks of `load`, `eval` and `clear`,
 * ended by an empty line or a comment.
 */
export type Command = LoadCommand | EvalCommand | { readonly kind: 'clear' };

/** A place in a series: a value, a gap (`_`), a stale marker, or a native histogram, which this engine does not hold. */
export type SequenceValue = number | 'gap' | 'stale' | 'histogram';

export interface SeriesLine {
  readonly labels: LabelSet;
  readonly values: readonly SequenceValue[];
}

/** `load 15s` and series: value i stands at i times the step from time zero. */
export interface LoadCommand {
  readonly kind: 'load';
  readonly stepMs: number;
  /** Whether classic histograms are to be turned into native ones as well (`load_with_nhcb`). */
  readonly withNativeHistograms: boolean;
  readonly series: readonly SeriesLine[];
}

export type Expectation = 'fail' | 'warn' | 'info' | 'no_warn' | 'no_info' | 'ordered';

export interface ExpectLine {
  readonly type: Expectation;
  /** The message must be this, match this, or may be anything. */
  readonly message: string | RegExp | undefined;
}

/** `eval instant at 5m expr` or `eval range from 0 to 10m step 1m expr`, and what must come of it. */
export interface EvalCommand {
  readonly kind: 'eval';
  readonly line: number;
  readonly expr: string;
  readonly instant: boolean;
  readonly startMs: number;
  readonly endMs: number;
  readonly stepMs: number;
  readonly expects: readonly ExpectLine[];
  readonly expectedString: string | undefined;
  /** The grid of an expected range vector, for instant queries that answer with one. */
  readonly rangeVector: { readonly startMs: number; readonly endMs: number; readonly stepMs: number } | undefined;
  readonly expectedScalar: number | undefined;
  readonly expectedSeries: readonly SeriesLine[];
}

/** Parses a script. Throws an Error that names the line. */
export function parseScript(text: string): Command[] {
  const lines = text.split('\n').map((line) => {
    const trimmed = line.trim();
    return trimmed.startsWith('#') ? '' : trimmed;
  });
  const commands: Command[] = [];
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] as string;
    if (line === '') continue;
    const block: string[] = [];
    const start = i;
    const word = line.split(/\s+/, 1)[0]?.toLowerCase() ?? '';
    if (word === 'clear') {
      commands.push({ kind: 'clear' });
      continue;
    }
    while (i + 1 < lines.length && lines[i + 1] !== '') block.push(lines[++i] as string);
    try {
      if (word.startsWith('load')) commands.push(parseLoad(line, block));
      else if (word.startsWith('eval')) commands.push(parseEval(line, block, start + 1));
      else throw new Error(`invalid command "${line}"`);
    } catch (error) {
      throw new Error(`line ${start + 1}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return commands;
}

function duration(text: string | undefined): number {
  const durationMs = text === undefined ? undefined : parseDurationMs(text);
  if (durationMs === undefined) throw new Error(`"${text}" is not a duration`);
  return durationMs;
}

function parseLoad(line: string, block: readonly string[]): LoadCommand {
  const match = /^load(_with_nhcb)?\s+(\S+)$/.exec(line);
  if (match === null) throw new Error('invalid load command (load[_with_nhcb] <step>)');
  const series = block.filter((text) => !/^\S*@st\s/.test(text)).map(parseSeriesLine);
  return { kind: 'load', stepMs: duration(match[2]), withNativeHistograms: match[1] !== undefined, series };
}

const instantPattern = /^eval(?:_(fail|warn|ordered|info))?\s+instant\s+(?:at\s+(\S+))?\s+(.+)$/;
const rangePattern = /^eval(?:_(fail|warn|info))?\s+range\s+from\s+(\S+)\s+to\s+(\S+)\s+step\s+(\S+)\s+(.+)$/;

function parseEval(line: string, block: readonly string[], lineNumber: number): EvalCommand {
  const instant = instantPattern.exec(line);
  const range = rangePattern.exec(line);
  const modifier = (instant ?? range)?.[1] as Expectation | undefined;
  const expr = instant?.[3] ?? range?.[5];
  if (expr === undefined) throw new Error('invalid eval command');
  const startMs = duration(instant?.[2] ?? range?.[2]);
  const expects: ExpectLine[] = modifier === undefined ? [] : [{ type: modifier, message: undefined }];
  const expectedSeries: SeriesLine[] = [];
  let expectedString: string | undefined;
  let expectedScalar: number | undefined;
  let rangeVector: EvalCommand['rangeVector'];
  for (const text of block) {
    const vector = /^expect range vector from (\S+) to (\S+) step (\S+)$/.exec(text);
    if (text.startsWith('expected_fail_message')) expects[0] = { type: 'fail', message: text.slice(21).trim() };
    else if (text.startsWith('expected_fail_regexp'))
      expects[0] = { type: 'fail', message: new RegExp(text.slice(20).trim()) };
    else if (vector !== null)
      rangeVector = { startMs: duration(vector[1]), endMs: duration(vector[2]), stepMs: duration(vector[3]) };
    else if (text.startsWith('expect string')) expectedString = quoted(text.slice(13).trim());
    else if (/^expect(\s|$)/.test(text)) expects.push(parseExpect(text));
    else {
      const scalar = signedNumber(text);
      if (scalar !== undefined) expectedScalar = scalar;
      else expectedSeries.push(parseSeriesLine(text));
    }
  }
  return {
    kind: 'eval',
    line: lineNumber,
    expr,
    instant: instant !== null,
    startMs,
    endMs: range === null ? startMs : duration(range[3]),
    stepMs: range === null ? 0 : duration(range[4]),
    expects,
    expectedString,
    rangeVector,
    expectedScalar,
    expectedSeries,
  };
}

function quoted(text: string): string {
  const result = stringValue(text);
  if ('error' in result) throw new Error(result.error);
  return result.value;
}

function parseExpect(text: string): ExpectLine {
  const match = /^expect\s+(ordered|fail|warn|no_warn|info|no_info)(?:\s+(regex|msg):(.+))?$/.exec(text);
  if (match === null) throw new Error(`invalid expect statement "${text}"`);
  const message = match[3]?.trim();
  return {
    type: match[1] as Expectation,
    message: message !== undefined && match[2] === 'regex' ? new RegExp(message) : message,
  };
}

function signedNumber(text: string): number | undefined {
  const sign = text.startsWith('-') ? -1 : 1;
  const value = /^[+-]?[\w.]/.test(text) ? numberValue(text.replace(/^[+-]/, '')) : undefined;
  return value === undefined ? undefined : sign * value;
}

/** `metric{label="value"} 1 2 _ 3x5`: labels, then values. */
export function parseSeriesLine(text: string): SeriesLine {
  const object: Record<string, string> = {};
  const name = /^[a-zA-Z_:][\w:]*/.exec(text)?.[0];
  if (name !== undefined) object.__name__ = name;
  let at = name?.length ?? 0;
  const rest = text.slice(at);
  const open = /^\s*\{(?!\{)/.exec(rest);
  if (open !== null) at += open[0].length + readLabels(rest.slice(open[0].length), object);
  return { labels: labelsFromObject(object), values: parseValues(text.slice(at).trim()) };
}

const labelPattern =
  /^\s*(?:([a-zA-Z_]\w*)|("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'))\s*(?:=\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`))?\s*(,)?/;

/** Reads labels up to and with the closing brace; returns how many characters that took. */
function readLabels(text: string, object: Record<string, string>): number {
  let at = 0;
  while (true) {
    const close = /^\s*\}/.exec(text.slice(at));
    if (close !== null) return at + close[0].length;
    const match = labelPattern.exec(text.slice(at));
    if (match === null || match[0].trim() === '') throw new Error(`invalid labels in "{${text}"`);
    const name = match[1] ?? quoted(match[2] as string);
    if (match[3] === undefined) object.__name__ = name;
    else object[name] = quoted(match[3]);
    at += match[0].length;
  }
}

function parseValues(text: string): SequenceValue[] {
  const values: SequenceValue[] = [];
  // A native histogram is one item whatever spaces it holds.
  for (const item of text.match(/\{\{.*?\}\}(?:[+-]\{\{.*?\}\})?(?:x\d+)?|\S+/g) ?? []) values.push(...parseItem(item));
  return values;
}

function parseItem(item: string): SequenceValue[] {
  const repeat = /x(\d+)$/.exec(item);
  const times = repeat === null ? 0 : Number(repeat[1]);
  const body = repeat === null ? item : item.slice(0, repeat.index);
  if (body === '_') return new Array<SequenceValue>(repeat === null ? 1 : times).fill('gap');
  if (body.startsWith('{{')) return new Array<SequenceValue>(times + 1).fill('histogram');
  if (body === 'stale') return new Array<SequenceValue>(times + 1).fill('stale');
  const step = /^([+-]?(?:inf|nan|[\d.]+(?:e[+-]?\d+)?))(?:([+-])((?:inf|nan|[\d.]+(?:e[+-]?\d+)?)))?$/i.exec(body);
  const first = step === null ? undefined : signedNumber(step[1] as string);
  if (step === null || first === undefined) throw new Error(`invalid value "${item}"`);
  const increment = step[3] === undefined ? 0 : (step[2] === '-' ? -1 : 1) * (numberValue(step[3]) ?? Number.NaN);
  const values: SequenceValue[] = [];
  let value = first;
  for (let i = 0; i <= times; i++) {
    values.push(value);
    value += increment;
  }
  return values;
}
