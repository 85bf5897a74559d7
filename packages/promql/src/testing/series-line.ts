import { type LabelSet, labelsFromObject } from '@binnacle/shared/telemetry/labels.ts';
import { parseDurationMs } from '../parse/duration.ts';
import { numberValue, stringValue } from '../parse/literals.ts';

/** A place in a series: a value, a gap (`_`), a stale marker, or a native histogram, which this engine does not hold. */
export type SequenceValue = number | 'gap' | 'stale' | 'histogram';

export interface SeriesLine {
  readonly labels: LabelSet;
  readonly values: readonly SequenceValue[];
}

/** `metric{label="value"} 1 2 _ 3x5`: labels, then values. */
export function parseSeriesLine(text: string): SeriesLine {
  const { labels, end } = readMetric(text);
  return { labels, values: parseValues(text.slice(end).trim()) };
}

/** What `metric{…}@st -1m _ -30sx3` says: how far the start timestamp of each sample of the next line lies from its own. */
export interface StartLine {
  readonly labels: LabelSet;
  /** ms from the sample's own time; undefined where nothing is known of a sample's start. */
  readonly offsetsMs: readonly (number | undefined)[];
}

/** Whether a line of a `load` tells start timestamps: its first word ends in `@st`. */
export const isStartLine = (text: string): boolean => /^\S*@st\s/.test(text);

export function parseStartLine(text: string): StartLine {
  const [, metric = '', items = ''] = /^(\S*)@st\s+(.*)$/.exec(text) ?? [];
  const offsetsMs = items.split(/\s+/).flatMap(parseStartItem);
  return { labels: readMetric(metric).labels, offsetsMs };
}

const startItem = /^([+-]?)(\d+[a-z]*?)(?:([+-])(\d+[a-z]*?))?(?:x(\d+))?$/i;

function parseStartItem(item: string): (number | undefined)[] {
  const gaps = /^_(?:x(\d+))?$/.exec(item);
  if (gaps !== null) return new Array<undefined>(gaps[1] === undefined ? 1 : Number(gaps[1])).fill(undefined);
  const match = startItem.exec(item);
  const firstMs = parseDurationMs(match?.[2] ?? '');
  const stepMs = match?.[4] === undefined ? 0 : parseDurationMs(match[4]);
  if (match === null || firstMs === undefined || stepMs === undefined)
    throw new Error(`invalid start timestamp "${item}"`);
  if (match[3] !== undefined && match[5] === undefined) throw new Error(`"${item}" does not say how often`);
  const offsets: number[] = [];
  let offset = match[1] === '-' ? -firstMs : firstMs;
  for (let i = 0; i <= Number(match[5] ?? 0); i++) {
    offsets.push(offset);
    offset += match[3] === '-' ? -stepMs : stepMs;
  }
  return offsets;
}

/** The labels at the head of a line, and where they end. */
function readMetric(text: string): { readonly labels: LabelSet; readonly end: number } {
  const object: Record<string, string> = {};
  const name = /^[a-zA-Z_:][\w:]*/.exec(text)?.[0];
  if (name !== undefined) object.__name__ = name;
  let end = name?.length ?? 0;
  const rest = text.slice(end);
  const open = /^\s*\{(?!\{)/.exec(rest);
  if (open !== null) end += open[0].length + readLabels(rest.slice(open[0].length), object);
  if (end === 0) throw new Error(`a series begins with its metric or its labels: "${text}"`);
  return { labels: labelsFromObject(object), end };
}

const labelPattern =
  /^\s*(?:([a-zA-Z_]\w*)|("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`))\s*(?:=\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`))?\s*(,)?/;

/** Reads labels up to and with the closing brace; returns how many characters that took. */
function readLabels(text: string, object: Record<string, string>): number {
  let at = 0;
  while (true) {
    const close = /^\s*\}/.exec(text.slice(at));
    if (close !== null) return at + close[0].length;
    const match = labelPattern.exec(text.slice(at));
    if (match === null || match[0].trim() === '') throw new Error(`invalid labels in "{${text}"`);
    const name = match[1] ?? unquote(match[2] as string);
    if (match[3] === undefined) object.__name__ = name;
    else object[name] = unquote(match[3]);
    at += match[0].length;
  }
}

/** The text of a quoted string. */
export function unquote(text: string): string {
  const result = stringValue(text);
  if ('error' in result) throw new Error(result.error);
  return result.value;
}

function parseValues(text: string): SequenceValue[] {
  const values: SequenceValue[] = [];
  // A native histogram is one item whatever spaces it holds.
  for (const item of text.match(/\{\{.*?\}\}(?:[+-]\{\{.*?\}\})?(?:x\d+)?|\S+/g) ?? []) values.push(...parseItem(item));
  return values;
}

const number = String.raw`(?:inf|nan|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:e[+-]?\d+)?)`;
const valueItem = new RegExp(`^([+-]?${number})(?:([+-])(${number}))?$`, 'i');

/** `1`, `1x3` (four times 1), `1+2x3` (1 3 5 7), `_`, `_x3`, `stale`, `{{…}}`. */
function parseItem(item: string): SequenceValue[] {
  const repeat = /x(\d+)$/.exec(item);
  const times = repeat === null ? 0 : Number(repeat[1]);
  const body = repeat === null ? item : item.slice(0, repeat.index);
  if (body === '_') return new Array<SequenceValue>(repeat === null ? 1 : times).fill('gap');
  if (body.startsWith('{{')) return new Array<SequenceValue>(times + 1).fill('histogram');
  if (body === 'stale') return new Array<SequenceValue>(times + 1).fill('stale');
  const step = valueItem.exec(body);
  const first = step === null ? undefined : signedNumber(step[1] as string);
  if (step === null || first === undefined || (step[3] !== undefined && repeat === null))
    throw new Error(`invalid value "${item}"`);
  const increment = step[3] === undefined ? 0 : (step[2] === '-' ? -1 : 1) * (numberValue(step[3]) ?? Number.NaN);
  const values: SequenceValue[] = [];
  let value = first;
  for (let i = 0; i <= times; i++) {
    values.push(value);
    value += increment;
  }
  return values;
}

/** A number with or without a sign, or undefined where the text is none. */
export function signedNumber(text: string): number | undefined {
  const sign = text.startsWith('-') ? -1 : 1;
  const value = /^[+-]?[\w.]/.test(text) ? numberValue(text.replace(/^[+-]/, '')) : undefined;
  return value === undefined ? undefined : sign * value;
}

/** A series as a script writes it: `metric{label="value"}`. */
export function printSeries(labels: LabelSet): string {
  const { __name__: name, ...others } = labels.toObject();
  const pairs = Object.entries(others).map(([label, value]) => `${printName(label)}=${JSON.stringify(value)}`);
  const plain = name === undefined || /^[a-zA-Z_:][\w:]*$/.test(name);
  if (!plain) pairs.unshift(JSON.stringify(name));
  const metric = plain ? (name ?? '') : '';
  return pairs.length === 0 && metric !== '' ? metric : `${metric}{${pairs.join(', ')}}`;
}

const printName = (label: string): string => (/^[a-zA-Z_]\w*$/.test(label) ? label : JSON.stringify(label));
