import { compileMatcher, type ValueTest } from '@binnacle/promql/matching/matcher.ts';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import type { Matcher } from '@binnacle/shared/telemetry/reader.ts';
import { z } from 'zod';

/** A matcher as Alertmanager's API writes it. A label that is missing has the empty value. */
export const silenceMatcher = z.strictObject({
  name: z.string().min(1).max(200),
  value: z.string().max(4_000),
  isRegex: z.boolean(),
  isEqual: z.boolean().default(true),
});
export type SilenceMatcher = z.infer<typeof silenceMatcher>;

/** Holds back notifications of the alerts that all its matchers match, from `startsAtMs` until `endsAtMs`. */
export interface Silence {
  readonly id: string;
  readonly matchers: readonly SilenceMatcher[];
  readonly startsAtMs: number;
  readonly endsAtMs: number;
  readonly createdBy: string;
  readonly comment: string;
  readonly updatedAtMs: number;
}

export type Labels = Readonly<Record<string, string>>;

/** Whether labels pass all matchers. Throws `bad_request` where a regular expression is none. */
export function compileSilenceMatchers(matchers: readonly SilenceMatcher[]): (labels: Labels) => boolean {
  const tests = matchers.map(({ name, value, isRegex, isEqual }) => {
    const op: Matcher['op'] = isRegex ? (isEqual ? '=~' : '!~') : isEqual ? '=' : '!=';
    return { name, test: compiled({ name, op, value }) };
  });
  return (labels) => tests.every(({ name, test }) => test(labels[name] ?? ''));
}

function compiled(matcher: Matcher): ValueTest {
  try {
    return compileMatcher(matcher);
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'it is no regular expression';
    throw new BinnacleError('bad_request', `The matcher of ${matcher.name} is wrong: ${reason}`);
  }
}

/** Matchers as people write them to Alertmanager: `severity="page"`, `node=~gpu.*`; one, or several within braces. */
export function parseMatchers(text: string): SilenceMatcher[] {
  const trimmed = text.trim();
  const inner = trimmed.startsWith('{') && trimmed.endsWith('}') ? trimmed.slice(1, -1) : trimmed;
  const pattern =
    /\s*([a-zA-Z_:][a-zA-Z0-9_:.-]*|"(?:[^"\\]|\\.)+")\s*(=~|!~|!=|=)\s*("(?:[^"\\]|\\.)*"|[^,"{}]*)\s*(,|$)/gy;
  const matchers: SilenceMatcher[] = [];
  while (pattern.lastIndex < inner.length) {
    const found = pattern.exec(inner);
    if (found === null) throw new BinnacleError('bad_request', `This is no matcher: ${text.slice(0, 200)}`);
    const [, name = '', op = '', value = ''] = found;
    const isRegex = op.endsWith('~');
    matchers.push({ name: unquoted(name), value: unquoted(value), isRegex, isEqual: op.startsWith('=') });
  }
  return matchers;
}

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t' };

function unquoted(text: string): string {
  if (!text.startsWith('"')) return text.trim();
  return text.slice(1, -1).replace(/\\(.)/g, (_, escaped: string) => escapes[escaped] ?? escaped);
}
