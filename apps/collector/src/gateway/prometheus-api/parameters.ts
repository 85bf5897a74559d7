import { checkQuery } from '@binnacle/promql/check/check.ts';
import { compileMatcher } from '@binnacle/promql/matching/matcher.ts';
import { parseDurationMs } from '@binnacle/promql/parse/duration.ts';
import { parseQuery } from '@binnacle/promql/parse/parse.ts';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import type { Matcher } from '@binnacle/shared/telemetry/reader.ts';
import type { FastifyRequest } from 'fastify';

/** Bounds of "all time": what every store can express. */
export const allTime = { fromMs: 0, toMs: Date.UTC(2200, 0, 1) } as const;

/** Farthest time from 1970 that a parameter may name, either way. */
const farthestMs = 8.64e15;

/** `bad_data` that names the parameter, in Prometheus' words. */
export const invalid = (name: string, message: string): BinnacleError =>
  new BinnacleError('query_invalid', `invalid parameter "${name}": ${message}`);

/** The parameters of a request: those of a form body, then those of the URL, as Prometheus reads them. */
export class Parameters {
  readonly #values: URLSearchParams;

  constructor(request: FastifyRequest) {
    const query = request.url.indexOf('?');
    this.#values = new URLSearchParams(request.body instanceof URLSearchParams ? request.body : '');
    for (const [name, value] of new URLSearchParams(query < 0 ? '' : request.url.slice(query + 1))) {
      this.#values.append(name, value);
    }
  }

  /** Empty means not given. */
  text(name: string): string | undefined {
    const value = this.#values.get(name);
    return value === null || value === '' ? undefined : value;
  }

  all(name: string): string[] {
    return this.#values.getAll(name);
  }

  required(name: string): string {
    const value = this.text(name);
    if (value === undefined) throw invalid(name, 'it is missing');
    return value;
  }

  /** A time in ms since 1970, from unix seconds or RFC 3339. */
  timeMs(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const timeMs = parseTimeMs(text);
    if (timeMs === undefined) throw invalid(name, `cannot parse ${JSON.stringify(text)} to a valid timestamp`);
    return timeMs;
  }

  requiredTimeMs(name: string): number {
    this.required(name);
    return this.timeMs(name) as number;
  }

  /** A length of time in ms, from seconds or a Prometheus duration. */
  durationMs(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const durationMs = isNumber(text) ? Math.round(Number(text) * 1000) : parseDurationMs(text);
    if (durationMs === undefined || Math.abs(durationMs) > farthestMs) {
      throw invalid(name, `cannot parse ${JSON.stringify(text)} to a valid duration`);
    }
    return durationMs;
  }

  /** A count; 0 or nothing means no limit. */
  limit(name = 'limit'): number {
    const text = this.text(name);
    if (text === undefined) return 0;
    if (!/^\d{1,15}$/.test(text)) throw invalid(name, 'limit must be a number that is not negative');
    return Number(text);
  }

  /** A whole number of which a negative one, or none at all, means no limit. */
  signedLimit(name: string): number {
    const text = this.text(name);
    if (text === undefined) return Number.POSITIVE_INFINITY;
    if (!/^[+-]?\d{1,15}$/.test(text)) throw new BinnacleError('query_invalid', `${name} must be a number`);
    return Number(text) < 0 ? Number.POSITIVE_INFINITY : Number(text);
  }

  /** Yes or no, in the words that Go takes for them; no where it is not given. */
  flag(name: string): boolean {
    const text = this.text(name)?.toLowerCase();
    if (text === undefined || text === '0' || text === 'f' || text === 'false') return false;
    if (text === '1' || text === 't' || text === 'true') return true;
    throw invalid(name, `${JSON.stringify(text)} is neither true nor false`);
  }

  /** The time range of a request for series or labels: all time where not given. */
  range(): { fromMs: number; toMs: number } {
    const fromMs = Math.max(this.timeMs('start') ?? allTime.fromMs, allTime.fromMs);
    const toMs = Math.min(this.timeMs('end') ?? allTime.toMs, allTime.toMs);
    return { fromMs, toMs };
  }

  /** The selectors of `match[]`. */
  matcherSets(): Matcher[][] {
    return this.all('match[]').map((text) => parseSelector(text, 'match[]'));
  }
}

const isNumber = (text: string): boolean => /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text);

const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;

/** The ends of time as Prometheus' own clients spell them. */
const boundaries: Readonly<Record<string, number>> = {
  '-292273086-05-16T16:47:06Z': -farthestMs,
  '292277025-08-18T07:12:54.999999999Z': farthestMs,
};

/** ms since 1970 of unix seconds (with a fraction) or an RFC 3339 time; undefined where the text is neither. */
export function parseTimeMs(text: string): number | undefined {
  const boundary = boundaries[text];
  if (boundary !== undefined) return boundary;
  const timeMs = isNumber(text) ? Math.round(Number(text) * 1000) : rfc3339.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(timeMs) || Math.abs(timeMs) > farthestMs ? undefined : timeMs;
}

/** The matchers of a selector that stands alone in the parameter. */
export function parseSelector(text: string, parameter: string): Matcher[] {
  const expr = parseQuery(text);
  if (expr.kind !== 'selector' || expr.offsetMs !== 0 || expr.at !== undefined) {
    throw invalid(parameter, `${JSON.stringify(text)} is not a series selector`);
  }
  checkQuery(text, expr);
  if (expr.matchers.every((matcher) => compileMatcher(matcher)(''))) {
    throw invalid(parameter, `${parameter} must contain at least one non-empty matcher`);
  }
  return [...expr.matchers];
}
