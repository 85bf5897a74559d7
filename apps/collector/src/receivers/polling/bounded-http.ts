import { once } from 'node:events';
import { readFile, stat } from 'node:fs/promises';
import { type IncomingMessage, request as openHttp } from 'node:http';
import { request as openHttps } from 'node:https';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import type { z } from 'zod';

export interface HttpLimits {
  /** Ends the request and the reading of its body. */
  readonly signal: AbortSignal;
  /** A longer body is refused; default 8 MiB. */
  readonly maxBytes?: number;
}

export interface HttpAccess {
  /** File with a bearer token, read anew for each request since tokens rotate. */
  readonly tokenFile?: string | undefined;
  /** File with the certificate authority of an https:// server. */
  readonly caFile?: string | undefined;
}

export interface HttpAnswer {
  readonly status: number;
  readonly text: string;
}

const defaultMaxBytes = 8 * 1024 * 1024;
const maxFileBytes = 256 * 1024;

/**
 * One HTTP request with limits. Redirects are not followed: a token must not travel to where somebody points.
 * Throws `upstream_failed` with a sentence (never the body) when there is no answer, or it is too long.
 */
export async function request(
  url: URL,
  init: { readonly method?: 'GET' | 'POST'; readonly headers?: Record<string, string>; readonly body?: string },
  limits: HttpLimits,
  access: HttpAccess = {},
): Promise<HttpAnswer> {
  const headers: Record<string, string> = { accept: 'application/json', ...init.headers };
  if (access.tokenFile !== undefined) headers.authorization = `Bearer ${(await readSmall(access.tokenFile)).trim()}`;
  const where = `${url.host}${url.pathname}`;
  const options = {
    method: init.method ?? 'GET',
    headers,
    signal: limits.signal,
    // A connection of its own, closed after the answer: nothing is left open between two readings.
    agent: false as const,
    ...(access.caFile === undefined ? {} : { ca: await readSmall(access.caFile) }),
  };
  const open = url.protocol === 'https:' ? openHttps : openHttp;
  let response: IncomingMessage;
  try {
    const asked = open(url, options);
    // Errors also come after the promise below has settled, when the signal fires; nobody else would hear them.
    asked.on('error', () => {});
    asked.end(init.body);
    [response] = (await once(asked, 'response')) as [IncomingMessage];
    response.on('error', () => {});
  } catch (error) {
    throw unreachable(url, error, limits.signal);
  }
  const status = response.statusCode ?? 0;
  if (status >= 300 && status < 400) {
    response.destroy();
    throw new BinnacleError(
      'upstream_failed',
      `${where} redirects (${status}); configure the address it redirects to.`,
    );
  }
  return { status, text: await readBody(response, where, limits.maxBytes ?? defaultMaxBytes, limits.signal) };
}

/** GET that must answer 200 with JSON of the given shape. */
export async function getJson<T>(
  url: URL,
  schema: z.ZodType<T>,
  limits: HttpLimits,
  access: HttpAccess = {},
): Promise<T> {
  const answer = await request(url, {}, limits, access);
  expectOk(url, answer);
  return parseJson(url, answer.text, schema);
}

/** Throws a sentence for every status but 2xx. */
export function expectOk(url: URL, answer: HttpAnswer): void {
  if (answer.status >= 200 && answer.status < 300) return;
  const hint =
    answer.status === 401 || answer.status === 403
      ? '; check the token and what it may read'
      : answer.status === 404
        ? '; check the address'
        : '';
  throw new BinnacleError('upstream_failed', `${url.host}${url.pathname} answered ${answer.status}${hint}.`);
}

export function parseJson<T>(url: URL, text: string, schema: z.ZodType<T>): T {
  const where = `${url.host}${url.pathname}`;
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new BinnacleError('upstream_failed', `${where} answered something that is not JSON.`);
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const place = parsed.error.issues[0]?.path.join('.') ?? '';
  throw new BinnacleError('upstream_failed', `${where} answered JSON of another shape than expected (at "${place}").`);
}

/** Where a request goes, without query and credentials. */
export function addressOf(url: string): string {
  const parsed = new URL(url);
  return `${parsed.origin}${parsed.pathname === '/' ? '' : parsed.pathname}`;
}

/** A path below a base URL, which may itself have one. */
export function below(base: string, path: string, query: Readonly<Record<string, string | undefined>> = {}): URL {
  const url = new URL(base);
  url.pathname = `${url.pathname.replace(/\/+$/, '')}${path}`;
  for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, value);
  return url;
}

async function readBody(
  response: IncomingMessage,
  where: string,
  maxBytes: number,
  signal: AbortSignal,
): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    // Leaving the loop destroys the connection: the rest of a body that is too long is never read.
    for await (const chunk of response as AsyncIterable<Uint8Array>) {
      length += chunk.byteLength;
      if (length > maxBytes) break;
      chunks.push(chunk);
    }
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw new BinnacleError('upstream_failed', `${where} broke off in the middle of its answer.`, { cause: error });
  }
  if (length > maxBytes) throw new BinnacleError('upstream_failed', `${where} answered more than ${maxBytes} bytes.`);
  return Buffer.concat(chunks).toString('utf8');
}

async function readSmall(path: string): Promise<string> {
  try {
    if ((await stat(path)).size > maxFileBytes)
      throw new BinnacleError('bad_config', `${path} is longer than a token or certificate.`);
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof BinnacleError) throw error;
    throw new BinnacleError('bad_config', `${path} cannot be read.`, { cause: error });
  }
}

function unreachable(url: URL, error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  const code = causeCode(error);
  const reason =
    code === 'ECONNREFUSED'
      ? 'nothing listens there'
      : code === 'ENOTFOUND' || code === 'EAI_AGAIN'
        ? 'its name cannot be resolved'
        : code.includes('CERT') || code.includes('SELF_SIGNED') || code.includes('UNABLE_TO_')
          ? 'its certificate is not trusted; set caFile'
          : 'the connection failed';
  return new BinnacleError('upstream_failed', `${url.host} cannot be reached: ${reason}.`, { cause: error });
}

function causeCode(error: unknown): string {
  for (let current = error; current instanceof Error; current = current.cause) {
    const { code } = current as NodeJS.ErrnoException;
    if (typeof code === 'string') return code;
    if (current instanceof AggregateError && current.errors.length > 0) return causeCode(current.errors[0]);
  }
  return '';
}
