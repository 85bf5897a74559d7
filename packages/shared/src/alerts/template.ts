import { BinnacleError } from '../errors.ts';
import {
  formatGeneral,
  humanize,
  humanize1024,
  humanizeDuration,
  humanizePercentage,
  humanizeTimestamp,
} from './humanize.ts';

/** What a template may speak of. */
export interface TemplateData {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A parsed template: text with `{{ … }}` filled in. */
export type Template = (data: TemplateData) => string;

type Value = string | number;
type Term = (data: TemplateData) => Value;

const functions: Record<string, (args: Value[]) => Value> = {
  humanize: ([v]) => humanize(asNumber(v)),
  humanize1024: ([v]) => humanize1024(asNumber(v)),
  humanizeDuration: ([v]) => humanizeDuration(asNumber(v)),
  humanizePercentage: ([v]) => humanizePercentage(asNumber(v)),
  humanizeTimestamp: ([v]) => humanizeTimestamp(asNumber(v)),
  toUpper: ([v]) => asText(v).toUpperCase(),
  toLower: ([v]) => asText(v).toLowerCase(),
  title: ([v]) => asText(v).replace(/\b\p{L}/gu, (letter) => letter.toUpperCase()),
  printf: ([format, ...args]) => printf(asText(format), args),
};

const token =
  /\s*(?:(\$labels\.[a-zA-Z_]\w*)|(\$value)|"((?:[^"\\]|\\.)*)"|`([^`]*)`|([+-]?\d+(?:\.\d+)?)|([a-zA-Z]\w*)|(\|))\s*/y;

/**
 * Parses the part of Prometheus' template language that annotations need: `{{ $labels.x }}`, `{{ $value }}`, calls and
 * pipes of the functions above (`{{ $value | humanize }}`, `{{ printf "%.1f" $value }}`). A label that a series lacks is
 * empty text. Throws `bad_request` that quotes the fault for everything else, so that a rule is refused when it is saved.
 */
export function parseTemplate(text: string): Template {
  const parts: Array<string | Term> = [];
  let at = 0;
  for (;;) {
    const open = text.indexOf('{{', at);
    if (open === -1) break;
    const close = text.indexOf('}}', open);
    if (close === -1) throw fault(text.slice(open, open + 40), 'has no closing }}');
    parts.push(text.slice(at, open));
    parts.push(parsePipeline(text.slice(open + 2, close)));
    at = close + 2;
  }
  parts.push(text.slice(at));
  return (data) => parts.map((part) => (typeof part === 'string' ? part : asText(part(data)))).join('');
}

function parsePipeline(source: string): Term {
  let piped: Term | undefined;
  for (const stage of splitStages(source)) {
    const [head, ...rest] = stage;
    if (head === undefined) throw fault(source, 'is empty where a value is expected');
    const args = piped === undefined ? rest : [...rest, piped];
    if (typeof head === 'function') {
      if (args.length > 0) throw fault(source, 'puts a value where a function is expected');
      piped = head;
    } else {
      piped = callOf(source, head.call, args);
    }
  }
  if (piped === undefined) throw fault(source, 'is empty');
  return piped;
}

type Word = Term | { call: string };

function callOf(source: string, name: string, args: readonly Word[]): Term {
  const call = functions[name];
  if (call === undefined) {
    throw fault(source, `calls "${name}", which is not one of ${Object.keys(functions).join(', ')}`);
  }
  const terms = args.map((arg) => {
    if (typeof arg === 'function') return arg;
    throw fault(source, `needs a pipe before "${arg.call}"`);
  });
  if (name === 'printf' ? terms.length === 0 : terms.length !== 1) {
    throw fault(source, `gives ${name} ${terms.length} values`);
  }
  return (data) => call(terms.map((term) => term(data)));
}

function splitStages(source: string): Word[][] {
  const stages: Word[][] = [[]];
  const body = source.replace(/^-\s|\s-$/g, ' ').trim();
  token.lastIndex = 0;
  while (token.lastIndex < body.length) {
    const at = token.lastIndex;
    const found = token.exec(body);
    if (found === null) throw fault(source, `cannot be read from "${body.slice(at, at + 20)}" on`);
    const [, label, value, quoted, raw, number, word, pipe] = found;
    const stage = stages.at(-1) as Word[];
    if (pipe !== undefined) stages.push([]);
    else if (label !== undefined) stage.push((data) => data.labels[label.slice('$labels.'.length)] ?? '');
    else if (value !== undefined) stage.push((data) => data.value);
    else if (number !== undefined) stage.push(() => Number(number));
    else if (word !== undefined) stage.push({ call: word });
    else stage.push(() => raw ?? (JSON.parse(`"${quoted}"`) as string));
  }
  return stages;
}

function printf(format: string, args: Value[]): string {
  let next = 0;
  return format.replace(/%(?:%|(?:\.(\d+))?([a-zA-Z]))/g, (verb, digits: string | undefined, letter?: string) => {
    if (verb === '%%') return '%';
    const arg = args[next++] ?? '';
    const precision = digits === undefined ? undefined : Math.min(Number(digits), 20);
    const v = asNumber(arg);
    if (letter === 's' || letter === 'v') return asText(arg);
    if (!Number.isFinite(v)) return asText(v);
    if (letter === 'd') return String(Math.trunc(v));
    if (letter === 'f') return v.toFixed(precision ?? 6);
    if (letter === 'e') return v.toExponential(precision ?? 6);
    if (letter === 'g') return formatGeneral(v, precision ?? 6);
    return verb;
  });
}

function asNumber(value: Value | undefined): number {
  return typeof value === 'number' ? value : Number.parseFloat(value ?? '');
}

function asText(value: Value | undefined): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  if (value === Number.NEGATIVE_INFINITY) return '-Inf';
  return String(value ?? '');
}

function fault(source: string, what: string): BinnacleError {
  return new BinnacleError('bad_request', `The template {{${source}}} ${what}.`);
}
