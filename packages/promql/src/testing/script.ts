import { parseDurationMs } from '../parse/duration.ts';
import {
  isStartLine,
  parseSeriesLine,
  parseStartLine,
  type SeriesLine,
  type StartLine,
  signedNumber,
  unquote,
} from './series-line.ts';

/**
 * Scripts that describe the language, in the format of Prometheus' promqltest: blocks of `load`, `eval` and `clear`,
 * ended by an empty line or a comment.
 */
export type Command = LoadCommand | EvalCommand | { readonly kind: 'clear' };

export interface LoadedSeries extends SeriesLine {
  /** From the `@st` line before the series, one for each of its values; undefined where there is none. */
  readonly startOffsetsMs: readonly (number | undefined)[] | undefined;
}

/** `load 15s` and series: value i stands at i times the step from time zero. */
export interface LoadCommand {
  readonly kind: 'load';
  readonly stepMs: number;
  /** Whether classic histograms are to be turned into native ones as well (`load_with_nhcb`). */
  readonly withNativeHistograms: boolean;
  readonly series: readonly LoadedSeries[];
}

export type Expectation = 'fail' | 'warn' | 'info' | 'no_warn' | 'no_info' | 'ordered';

export interface ExpectLine {
  readonly type: Expectation;
  /** The message must be this, match this, or may be anything. */
  readonly message: string | RegExp | undefined;
}

export interface StepTimes {
  readonly startMs: number;
  readonly endMs: number;
  readonly stepMs: number;
}

/** `eval instant at 5m expr` or `eval range from 0 to 10m step 1m expr`, and what must come of it. */
export interface EvalCommand extends StepTimes {
  readonly kind: 'eval';
  readonly line: number;
  readonly expr: string;
  readonly instant: boolean;
  readonly expects: readonly ExpectLine[];
  readonly expectedString: string | undefined;
  /** The grid of an expected range vector, for instant queries that answer with one. */
  readonly rangeVector: StepTimes | undefined;
  readonly expectedScalar: number | undefined;
  readonly expectedSeries: readonly SeriesLine[];
}

/** A script that is not in the format; `line` counts from 1. */
export class ScriptError extends Error {
  readonly line: number;
  readonly reason: string;

  constructor(line: number, reason: string) {
    super(`line ${line}: ${reason}`);
    this.name = 'ScriptError';
    this.line = line;
    this.reason = reason;
  }
}

/** Parses a script. Throws a `ScriptError`. */
export function parseScript(text: string): Command[] {
  const lines = text.split('\n').map((line) => {
    const trimmed = line.trim();
    return trimmed.startsWith('#') ? '' : trimmed;
  });
  const commands: Command[] = [];
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] as string;
    if (line === '') continue;
    const start = i;
    const word = line.split(/\s+/, 1)[0]?.toLowerCase() ?? '';
    if (word === 'clear') {
      commands.push({ kind: 'clear' });
      continue;
    }
    const block: string[] = [];
    while (i + 1 < lines.length && lines[i + 1] !== '') block.push(lines[++i] as string);
    try {
      if (word.startsWith('load')) commands.push(parseLoad(line, block));
      else if (word.startsWith('eval')) commands.push(parseEval(line, block, start + 1));
      else throw new Error(`invalid command "${line}"`);
    } catch (error) {
      throw new ScriptError(start + 1, error instanceof Error ? error.message : String(error));
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
  const series: LoadedSeries[] = [];
  let starts: StartLine | undefined;
  for (const text of block) {
    if (isStartLine(text)) {
      if (starts !== undefined) throw new Error('an @st line has no series after it');
      starts = parseStartLine(text);
      continue;
    }
    const parsed = parseSeriesLine(text);
    if (starts !== undefined && starts.labels.key !== parsed.labels.key)
      throw new Error('an @st line names another series than the line after it');
    if (starts !== undefined && starts.offsetsMs.length !== parsed.values.length)
      throw new Error(`an @st line has ${starts.offsetsMs.length} values, its series ${parsed.values.length}`);
    series.push({ ...parsed, startOffsetsMs: starts?.offsetsMs });
    starts = undefined;
  }
  if (starts !== undefined) throw new Error('an @st line has no series after it');
  return { kind: 'load', stepMs: duration(match[2]), withNativeHistograms: match[1] !== undefined, series };
}

const instantPattern = /^eval(?:_(fail|warn|ordered|info))?\s+instant\s+(?:at\s+(\S+))?\s+(.+)$/;
const rangePattern = /^eval(?:_(fail|warn|info))?\s+range\s+from\s+(\S+)\s+to\s+(\S+)\s+step\s+(\S+)\s+(.+)$/;

function parseEval(line: string, block: readonly string[], lineNumber: number): EvalCommand {
  const instant = instantPattern.exec(line);
  const range = rangePattern.exec(line);
  const modifier = (instant ?? range)?.[1] as Expectation | undefined;
  const expr = instant?.[3] ?? range?.[5];
  if (expr === undefined) {
    throw new Error(
      'invalid eval command (eval instant at <time> <query>, or eval range from <time> to <time> step <duration> <query>)',
    );
  }
  const startMs = duration(instant?.[2] ?? range?.[2]);
  const times = range === null ? { startMs, endMs: startMs, stepMs: 0 } : stepTimes(range[2], range[3], range[4]);
  const expected = parseExpected(block, modifier);
  if (instant !== null && expected.rangeVector === undefined) {
    const long = expected.expectedSeries.find((series) => series.values.length > 1);
    if (long !== undefined)
      throw new Error('an instant query has one value for each series, unless "expect range vector" says more');
  }
  return { kind: 'eval', line: lineNumber, expr, instant: instant !== null, ...times, ...expected };
}

function stepTimes(from: string | undefined, to: string | undefined, step: string | undefined): StepTimes {
  const times = { startMs: duration(from), endMs: duration(to), stepMs: duration(step) };
  if (times.endMs < times.startMs) throw new Error(`the end (${to}) is before the start (${from})`);
  return times;
}

type Expected = Pick<EvalCommand, 'expects' | 'expectedString' | 'rangeVector' | 'expectedScalar' | 'expectedSeries'>;

function parseExpected(block: readonly string[], modifier: Expectation | undefined): Expected {
  const expects: ExpectLine[] = modifier === undefined ? [] : [{ type: modifier, message: undefined }];
  const expectedSeries: SeriesLine[] = [];
  let expectedString: string | undefined;
  let expectedScalar: number | undefined;
  let rangeVector: StepTimes | undefined;
  for (const text of block) {
    const vector = /^expect range vector\s+from\s+(\S+)\s+to\s+(\S+)\s+step\s+(\S+)$/.exec(text);
    const oldFailure = modifier === 'fail' ? /^expected_fail_(message|regexp)(.*)$/.exec(text) : null;
    if (oldFailure !== null) {
      const message = (oldFailure[2] as string).trim();
      expects[0] = { type: 'fail', message: oldFailure[1] === 'message' ? message : new RegExp(message) };
    } else if (vector !== null) rangeVector = stepTimes(vector[1], vector[2], vector[3]);
    else if (text.startsWith('expect string')) expectedString = unquote(text.slice('expect string'.length).trim());
    else if (/^expect(\s|$)/.test(text)) expects.push(parseExpect(text));
    else {
      const scalar = signedNumber(text);
      if (scalar === undefined) expectedSeries.push(parseSeriesLine(text));
      else expectedScalar = scalar;
    }
  }
  refuseContradiction(expects);
  return { expects, expectedString, rangeVector, expectedScalar, expectedSeries };
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

function refuseContradiction(expects: readonly ExpectLine[]): void {
  const has = (type: Expectation): boolean => expects.some((line) => line.type === type);
  for (const type of ['info', 'warn'] as const) {
    if (has(type) && has(`no_${type}`)) throw new Error(`expect ${type} and expect no_${type} exclude each other`);
  }
  if (expects.filter((line) => line.type === 'fail').length > 1) throw new Error('a query fails with one message');
}
