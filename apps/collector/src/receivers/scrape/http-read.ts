import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import { type Dispatcher, errors, request } from 'undici';
import type { ExpositionFormat } from '../../wire/exposition/parse.ts';

const inflate = promisify(gunzip);

/** What a scrape asks for, in the order of preference of Prometheus without protobuf. */
const accept = 'application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.5,*/*;q=0.1';

export interface ReadOptions {
  readonly dispatcher: Dispatcher;
  readonly signal: AbortSignal;
  readonly timeoutSeconds: number;
  readonly bodyLimitBytes: number;
  readonly tokenFile?: string | undefined;
  readonly basicAuth?: { readonly username: string; readonly passwordFile: string } | undefined;
}

export interface Exposition {
  readonly body: Buffer;
  readonly format: ExpositionFormat;
}

const failed = (message: string, cause?: unknown) => new BinnacleError('upstream_failed', message, { cause });

/**
 * Fetches one exposition, within the limits. Redirects are not followed: credentials must not travel to where somebody
 * points. Throws `upstream_failed` or `body_too_large` with a sentence for the Sources page.
 */
export async function readExposition(url: URL, options: ReadOptions): Promise<Exposition> {
  const headers: Record<string, string> = {
    accept,
    'accept-encoding': 'gzip',
    'user-agent': 'binnacle',
    'x-prometheus-scrape-timeout-seconds': String(options.timeoutSeconds),
    ...(await authorization(options)),
  };
  try {
    return await fetchOnce(url, headers, options);
  } catch (error) {
    // A kept connection that the target closed just now says nothing about the target: once more, on a fresh one.
    if (!(error instanceof errors.SocketError) || options.signal.aborted) throw sentence(error, options);
  }
  try {
    return await fetchOnce(url, headers, options);
  } catch (error) {
    throw sentence(error, options);
  }
}

async function fetchOnce(url: URL, headers: Record<string, string>, options: ReadOptions): Promise<Exposition> {
  const { dispatcher, signal, bodyLimitBytes } = options;
  const response = await request(url, { dispatcher, signal, headers, method: 'GET' });
  const { statusCode, body } = response;
  const encoding = one(response.headers['content-encoding']) ?? 'identity';
  if (statusCode !== 200 || (encoding !== 'gzip' && encoding !== 'identity')) {
    body.on('error', () => {}).destroy();
    if (statusCode >= 300 && statusCode < 400)
      throw failed(`answers with a redirect (${statusCode}); configure the address it leads to`);
    throw failed(
      statusCode === 200 ? `answers in an encoding that was not asked for` : `answers ${statusCode}${hint(statusCode)}`,
    );
  }
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    length += chunk.length;
    // Leaving the loop destroys the body, and with it the connection.
    if (length > bodyLimitBytes) throw tooLarge(bodyLimitBytes);
    chunks.push(chunk);
  }
  const raw = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, length);
  const type = one(response.headers['content-type']) ?? '';
  return {
    body: encoding === 'gzip' ? await inflated(raw, bodyLimitBytes) : raw,
    format: type.trim().toLowerCase().startsWith('application/openmetrics-text') ? 'openmetrics' : 'text',
  };
}

async function inflated(raw: Buffer, limit: number): Promise<Buffer> {
  try {
    return await inflate(raw, { maxOutputLength: limit });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(limit);
    throw failed('says that its answer is gzip, and it is not', error);
  }
}

const tooLarge = (limit: number) =>
  new BinnacleError('body_too_large', `answers with more than ${limit} bytes (bodyLimitBytes)`);

async function authorization({ tokenFile, basicAuth }: ReadOptions): Promise<Record<string, string>> {
  if (tokenFile !== undefined) return { authorization: `Bearer ${await secret(tokenFile)}` };
  if (basicAuth === undefined) return {};
  const pair = `${basicAuth.username}:${await secret(basicAuth.passwordFile)}`;
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}

async function secret(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (error) {
    throw failed(`was not asked: the file ${path} cannot be read`, error);
  }
}

function one(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}

function hint(status: number): string {
  if (status === 401 || status === 403) return '; check tokenFile or basicAuth';
  return status === 404 ? '; check the path' : '';
}

const causes: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'cannot be reached: nothing listens there',
  ENOTFOUND: 'cannot be reached: its name cannot be resolved',
  EAI_AGAIN: 'cannot be reached: its name cannot be resolved',
  EHOSTUNREACH: 'cannot be reached: there is no route to it',
  ENETUNREACH: 'cannot be reached: there is no route to it',
  UND_ERR_CONNECT_TIMEOUT: 'cannot be reached: the connection takes too long',
  UND_ERR_SOCKET: 'broke off in the middle of its answer',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'broke off in the middle of its answer',
  ECONNRESET: 'broke off in the middle of its answer',
};

/** A sentence without raw error text. */
function sentence(error: unknown, { signal, timeoutSeconds }: ReadOptions): BinnacleError {
  if (error instanceof BinnacleError) return error;
  if (signal.aborted) return failed(`gave no complete answer within ${timeoutSeconds} s`, error);
  const code = codeOf(error);
  const known = causes[code];
  if (known !== undefined) return failed(known, error);
  if (/CERT|SELF_SIGNED|UNABLE_TO_|ALTNAME/.test(code))
    return failed('has a certificate that is not trusted; set caFile', error);
  return failed(code.startsWith('HPE_') ? 'does not speak HTTP' : 'cannot be read: the connection failed', error);
}

function codeOf(error: unknown): string {
  const { code, cause, errors: several } = error as { code?: unknown; cause?: unknown; errors?: unknown[] };
  if (typeof code === 'string') return code;
  if (several?.[0] !== undefined) return codeOf(several[0]);
  return cause === undefined || cause === null ? '' : codeOf(cause);
}
