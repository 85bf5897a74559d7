import { BinnacleError } from '@binnacle/shared/errors.ts';
import type { Matcher } from '@binnacle/shared/telemetry/reader.ts';
import { RE2JS } from 're2js';

/** A matcher ready to test values. A series without the label has the empty value, as in Prometheus. */
export interface LabelTest {
  readonly name: string;
  /** The only values that can match, where they are few and known from the pattern. */
  readonly values: ReadonlySet<string> | undefined;
  readonly matchesEmpty: boolean;
  matches(value: string): boolean;
}

/** Errors: `query_invalid` for a pattern that RE2 refuses. */
export function compileMatcher(matcher: Matcher): LabelTest {
  const { name, op, value } = matcher;
  if (op === '=') return oneOf(name, new Set([value]));
  if (op === '!=') return negated(oneOf(name, new Set([value])));
  const positive = compilePattern(name, value);
  return op === '=~' ? positive : negated(positive);
}

function oneOf(name: string, values: ReadonlySet<string>): LabelTest {
  return { name, values, matchesEmpty: values.has(''), matches: (value) => values.has(value) };
}

function negated(test: LabelTest): LabelTest {
  return {
    name: test.name,
    values: undefined,
    matchesEmpty: !test.matchesEmpty,
    matches: (value) => !test.matches(value),
  };
}

/** Characters that stand for themselves in a pattern. */
const literal = /^[^\\.+*?()[\]{}^$|]*$/;

/** RE2, anchored at both ends, `.` matches a newline; the usual shapes of dashboards are tested without RE2. */
function compilePattern(name: string, pattern: string): LabelTest {
  const body = pattern.startsWith('(') && pattern.endsWith(')') ? pattern.slice(1, -1) : pattern;
  const alternatives = body.split('|');
  if (alternatives.every((alternative) => literal.test(alternative))) return oneOf(name, new Set(alternatives));

  const test = (matches: (value: string) => boolean): LabelTest => ({
    name,
    values: undefined,
    matchesEmpty: matches(''),
    matches,
  });
  if (pattern === '.*') return test(() => true);
  if (pattern === '.+') return test((value) => value !== '');
  const shape = /^(\.\*)?([^\\.+*?()[\]{}^$|]+)(\.[*+])?$/.exec(pattern);
  if (shape !== null) {
    const [, before, text, after] = shape as unknown as [string, string | undefined, string, string | undefined];
    if (before === undefined && after === '.*') return test((value) => value.startsWith(text));
    if (before === undefined && after === '.+')
      return test((value) => value.length > text.length && value.startsWith(text));
    if (before !== undefined && after === undefined) return test((value) => value.endsWith(text));
    if (before !== undefined && after === '.*') return test((value) => value.includes(text));
  }

  let compiled: RE2JS;
  try {
    compiled = RE2JS.compile(pattern, RE2JS.DOTALL);
  } catch (cause) {
    throw new BinnacleError('query_invalid', `The pattern of label ${name} is not a regular expression of RE2.`, {
      cause,
    });
  }
  return test((value) => compiled.matches(value));
}
