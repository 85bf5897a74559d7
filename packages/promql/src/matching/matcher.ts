import type { LabelSet } from '@binnacle/shared/telemetry/labels.ts';
import type { Matcher } from '@binnacle/shared/telemetry/reader.ts';
import { compileRegex } from './regex.ts';

/** Whether a label value (empty where the label is missing) passes a matcher. */
export type ValueTest = (value: string) => boolean;

/** The test of one matcher. Throws where its regular expression is none. */
export function compileMatcher(matcher: Matcher): ValueTest {
  const { op, value } = matcher;
  if (op === '=') return (text) => text === value;
  if (op === '!=') return (text) => text !== value;
  const regex = compileRegex(value);
  return op === '=~' ? (text) => regex.matches(text) : (text) => !regex.matches(text);
}

/** The test of all matchers of a selector on the labels of a series. */
export function compileMatchers(matchers: readonly Matcher[]): (labels: LabelSet) => boolean {
  const tests = matchers.map((matcher) => ({ name: matcher.name, test: compileMatcher(matcher) }));
  return (labels) => tests.every(({ name, test }) => test(labels.get(name) ?? ''));
}
