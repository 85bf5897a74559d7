import type { Unit } from '#format/units.ts';

/** The comparison that a rule makes: what it measures, and against what. */
export interface RuleComparison {
  /** PromQL of the quantity, without the comparison. */
  readonly measured: string;
  readonly operator: string;
  /** The limit where it is a number; else null. */
  readonly threshold: number | null;
  /** PromQL of the limit where it is no number; else null. */
  readonly limit: string | null;
}

interface Mark {
  readonly kind: 'set' | 'or' | 'comparison';
  readonly text: string;
  readonly at: number;
}

/** Operators outside of brackets and strings, in order. */
function topOperators(expr: string): Mark[] {
  const marks: Mark[] = [];
  let depth = 0;
  for (let i = 0; i < expr.length; i++) {
    const character = expr[i] as string;
    if (character === '"' || character === "'" || character === '`') {
      for (i++; i < expr.length && expr[i] !== character; i++) if (expr[i] === '\\' && character !== '`') i++;
    } else if ('([{'.includes(character)) depth++;
    else if (')]}'.includes(character)) depth--;
    else if (depth === 0) {
      const word = /^(and|unless|or)\b/i.exec(expr.slice(i));
      const comparison = /^(==|!=|>=|<=|>|<)/.exec(expr.slice(i));
      if (word !== null && !/[\w:]/.test(expr[i - 1] ?? ' ')) {
        marks.push({ kind: word[0].toLowerCase() === 'or' ? 'or' : 'set', text: word[0], at: i });
        i += word[0].length - 1;
      } else if (comparison !== null) {
        marks.push({ kind: 'comparison', text: comparison[0], at: i });
        i += comparison[0].length - 1;
      }
    }
  }
  return marks;
}

/**
 * Takes a rule's first comparison apart, so that the quantity can be drawn beside its limit also while nothing is wrong.
 * `and` and `unless` only narrow it and are left out; null for rules with `or` or without a comparison.
 */
export function ruleComparison(expr: string): RuleComparison | null {
  const marks = topOperators(expr);
  if (marks.some(({ kind }) => kind === 'or')) return null;
  const end = marks.find(({ kind }) => kind === 'set')?.at ?? expr.length;
  const [first, second] = marks.filter(({ kind, at }) => kind === 'comparison' && at < end);
  if (first === undefined) return null;
  const measured = expr.slice(0, first.at).trim();
  const right = expr.slice(first.at + first.text.length, second?.at ?? end).trim();
  if (measured === '' || right === '' || /^(bool|on|ignoring)\b/.test(right)) return null;
  const number = Number(right);
  return Number.isNaN(number)
    ? { measured, operator: first.text, threshold: null, limit: right }
    : { measured, operator: first.text, threshold: number, limit: null };
}

const unitsByEnd: readonly (readonly [RegExp, Unit])[] = [
  [/_bytes_per_second$/, 'bytesPerSecond'],
  [/_seconds$/, 'seconds'],
  [/_bytes$/, 'bytes'],
  [/(_ratio|_perc)$/, 'ratio'],
  [/_gpus$/, 'gpus'],
  [/_tokens$/, 'tokens'],
  [/_GPU_UTIL$/, 'percent'],
  [/_TEMP$/, 'celsius'],
  [/_POWER_USAGE$/, 'watts'],
];

/** Unit of a quantity, where it is a metric whose name says so, or a quantile of one; else none. */
export function unitOf(measured: string): Unit {
  if (/^time\(\) - [a-zA-Z_:][\w:]*_seconds\b/.test(measured)) return 'seconds';
  if (/^histogram_quantile\(.*_seconds_bucket\b/.test(measured)) return 'seconds';
  const name = /^(?:(?:sum|avg|min|max)(?: by \([^)]*\))? ?\(\s*)?([a-zA-Z_:][\w:]*)(?:\{[^}]*\})?\s*\)?$/.exec(
    measured,
  )?.[1];
  return (name !== undefined && unitsByEnd.find(([end]) => end.test(name))?.[1]) || 'none';
}
