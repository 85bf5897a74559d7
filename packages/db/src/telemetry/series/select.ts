import type { Matcher, SeriesEntry, TimeRange } from '@binnacle/shared/telemetry/reader.ts';
import { bucketMs } from '../schema/tables.ts';
import type { LabelIndex } from './label-index.ts';
import { compileMatcher, type LabelTest } from './label-matcher.ts';

/** Buckets of a range, both inclusive; times before 1970 hold nothing. */
export function bucketsOf(range: TimeRange): { readonly from: number; readonly to: number } {
  return { from: Math.floor(Math.max(0, range.fromMs) / bucketMs), to: Math.floor(range.toMs / bucketMs) };
}

/** Numbers of the series that match every matcher and may have samples in the range, ascending. */
export function selectNumbers(index: LabelIndex, matchers: readonly Matcher[], range: TimeRange): number[] {
  const { from, to } = bucketsOf(range);
  const tests = matchers.map(compileMatcher);
  const start = smallestCandidates(index, tests);
  const rest = tests.filter((test) => test !== start?.test).map(remembered);
  const found: number[] = [];
  const consider = (at: number) => {
    if (!index.overlaps(at, from, to)) return;
    const { labels } = index.entries[at] as SeriesEntry;
    for (const test of rest) if (!test.matches(labels.get(test.name) ?? '')) return;
    found.push(at);
  };
  if (start === undefined) for (let at = 0; at < index.size; at++) consider(at);
  else for (const list of start.lists) for (const at of list) consider(at);
  return found.sort((a, b) => a - b);
}

export function selectEntries(index: LabelIndex, matchers: readonly Matcher[], range: TimeRange): SeriesEntry[] {
  return selectNumbers(index, matchers, range).map((at) => index.entries[at] as SeriesEntry);
}

export function labelNames(index: LabelIndex, matchers: readonly Matcher[], range: TimeRange): string[] {
  const names = new Set<string>();
  if (matchers.length === 0) {
    const { from, to } = bucketsOf(range);
    const living = (list: readonly number[]) => list.some((at) => index.overlaps(at, from, to));
    for (const name of index.names()) if ([...index.valuesOf(name).values()].some(living)) names.add(name);
    return [...names].sort();
  }
  for (const { labels } of selectEntries(index, matchers, range)) {
    for (let i = 0; i < labels.pairs.length; i += 2) names.add(labels.pairs[i] as string);
  }
  return [...names].sort();
}

export function labelValues(index: LabelIndex, name: string, matchers: readonly Matcher[], range: TimeRange): string[] {
  const values = new Set<string>();
  if (matchers.length === 0) {
    const { from, to } = bucketsOf(range);
    for (const [value, list] of index.valuesOf(name)) {
      if (list.some((at) => index.overlaps(at, from, to))) values.add(value);
    }
  } else {
    for (const { labels } of selectEntries(index, matchers, range)) {
      const value = labels.get(name);
      if (value !== undefined) values.add(value);
    }
  }
  return [...values].sort();
}

interface Candidates {
  readonly test: LabelTest;
  readonly lists: readonly (readonly number[])[];
  readonly count: number;
}

/** The matcher that leaves the fewest series. One that matches the empty value finds no series by its postings. */
function smallestCandidates(index: LabelIndex, tests: readonly LabelTest[]): Candidates | undefined {
  let best: Candidates | undefined;
  for (const test of tests) {
    if (test.matchesEmpty) continue;
    const postings = index.valuesOf(test.name);
    const lists: (readonly number[])[] = [];
    if (test.values !== undefined) {
      for (const value of test.values) {
        const list = postings.get(value);
        if (list !== undefined) lists.push(list);
      }
    } else if (best === undefined || postings.size < best.count) {
      for (const [value, list] of postings) if (test.matches(value)) lists.push(list);
    } else continue;
    const count = lists.reduce((sum, list) => sum + list.length, 0);
    if (best === undefined || count < best.count) best = { test, lists, count };
  }
  return best;
}

/** Tests a value once: thousands of series share few values. */
function remembered(test: LabelTest): LabelTest {
  if (test.values !== undefined) return test;
  const known = new Map<string, boolean>();
  return {
    ...test,
    matches: (value) => {
      let answer = known.get(value);
      if (answer === undefined) {
        answer = test.matches(value);
        known.set(value, answer);
      }
      return answer;
    },
  };
}
