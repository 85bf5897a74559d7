import { parseDurationMs } from '@binnacle/promql/parse/duration.ts';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import { defaults } from '../config/settings.ts';

/** What the commands that ask a gateway share. */
export interface AskFlags {
  readonly url?: string;
  readonly time?: string;
  readonly start?: string;
  readonly end?: string;
  readonly step?: string;
  readonly json?: boolean;
}

/** When a query is asked: `time`, or `start`, `end` and `step`, in unix seconds, as the API wants them. */
export type AskedTimes = Readonly<Record<string, string>>;

/** Whether a range is asked for, and the parameters that say when. Throws `bad_config` that names the flag. */
export function askedTimes(flags: AskFlags, nowMs: number): { readonly range: boolean; readonly times: AskedTimes } {
  if (flags.start === undefined) {
    if (flags.end !== undefined || flags.step !== undefined)
      throw new BinnacleError('bad_config', '--end and --step belong to a range query: give --start too');
    return { range: false, times: { time: seconds(parseTimeMs(flags.time ?? 'now', '--time', nowMs)) } };
  }
  if (flags.time !== undefined)
    throw new BinnacleError('bad_config', '--time is of an instant query, --start of a range query: give one of them');
  const startMs = parseTimeMs(flags.start, '--start', nowMs);
  const endMs = parseTimeMs(flags.end ?? 'now', '--end', nowMs);
  if (endMs < startMs) throw new BinnacleError('bad_config', '--end is before --start');
  const stepMs = flags.step === undefined ? defaultStepMs(endMs - startMs) : parseStepMs(flags.step);
  return { range: true, times: { start: seconds(startMs), end: seconds(endMs), step: seconds(stepMs) } };
}

/** Steps of a table that a person reads. */
const wantedSteps = 60;

const defaultStepMs = (spanMs: number): number => Math.max(1000, Math.ceil(spanMs / wantedSteps / 1000) * 1000);
const seconds = (ms: number): string => String(ms / 1000);

function parseStepMs(text: string): number {
  const stepMs = isNumber(text) ? Number(text) * 1000 : parseDurationMs(text);
  if (stepMs === undefined || !(stepMs > 0))
    throw new BinnacleError('bad_config', `--step must be a positive duration such as 30s, got "${text}"`);
  return stepMs;
}

/** A time in ms since 1970. Throws `bad_config` that names the flag. */
export function parseTimeMs(text: string, flag: string, nowMs: number): number {
  if (text === 'now') return nowMs;
  if (isNumber(text)) return Number(text) * 1000;
  const agoMs = parseDurationMs(text.replace(/^(?:now)?-/, ''));
  if (agoMs !== undefined) return nowMs - agoMs;
  const timeMs = /^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(timeMs)) {
    throw new BinnacleError(
      'bad_config',
      `${flag} must be unix seconds, an RFC 3339 time, "now", or a duration before now such as 15m, got "${text}"`,
    );
  }
  return timeMs;
}

const isNumber = (text: string): boolean => /^-?\d+(?:\.\d+)?$/.test(text);

/** Asks a door of the gateway by POST and returns its JSON. Throws a `BinnacleError` with the sentence that it gave. */
export async function askGateway(
  flags: Pick<AskFlags, 'url'>,
  door: string,
  parameters: Readonly<Record<string, string>> | URLSearchParams,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<unknown> {
  const base = flags.url ?? (environment.BINNACLE_GATEWAY_URL || defaults.gatewayUrl);
  if (!URL.canParse(base) || !/^https?:$/.test(new URL(base).protocol))
    throw new BinnacleError(
      'bad_config',
      'the gateway (--url, BINNACLE_GATEWAY_URL) must be a URL, such as http://gateway:4318',
    );
  const key = environment.BINNACLE_API_KEY;
  const url = new URL(base.replace(/\/*$/, '') + door);
  let answer: Response;
  try {
    answer = await fetch(url, {
      method: 'POST',
      headers: key === undefined || key === '' ? {} : { authorization: `Bearer ${key}` },
      body: new URLSearchParams(parameters),
    });
  } catch (error) {
    throw new BinnacleError('upstream_failed', `no answer from ${url.origin}: ${reasonOf(error)}`, { cause: error });
  }
  const text = await answer.text();
  const body = parseJson(text);
  if (answer.status === 204 || (answer.ok && body !== undefined)) return body;
  const said = messageOf(body) ?? (answer.ok ? 'the answer is not JSON' : `HTTP status ${answer.status}`);
  throw new BinnacleError(answer.status < 500 ? 'query_failed' : 'upstream_failed', `${url.origin}: ${said}`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The sentence of an error, as the Prometheus API gives it, or as the doors of Binnacle do. */
function messageOf(body: unknown): string | undefined {
  const { error, message } = (body ?? {}) as { error?: unknown; message?: unknown };
  const nested = (error as { message?: unknown } | undefined)?.message;
  return [error, nested, message].find((said): said is string => typeof said === 'string');
}

/** A network error says why in its cause, or in the errors of each address that was tried. */
function reasonOf(error: unknown): string {
  const cause = (error as { cause?: { code?: unknown; message?: unknown } }).cause;
  return typeof cause?.code === 'string' ? cause.code : error instanceof Error ? error.message : String(error);
}
