import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import type { ExpositionFormat } from '../../wire/exposition/parse.ts';
import { textOfProtobuf } from '../../wire/exposition/protobuf-text.ts';
import type { HttpClient } from './http-client/client.ts';
import { failureSentence } from './http-client/failure-sentence.ts';
import { optionName, type ScrapePool } from './pool.ts';
import type { ScrapeGate } from './scrape-gate.ts';

const inflate = promisify(gunzip);

export interface ReadOptions {
  readonly pool: ScrapePool;
  readonly client: HttpClient;
  readonly gate: ScrapeGate;
  readonly signal: AbortSignal;
  readonly timeoutSeconds: number;
}

export interface Exposition {
  readonly body: Buffer;
  /** Length of what the target sent, uncompressed: `body` is longer where that was protobuf. */
  readonly sentBytes: number;
  readonly format: ExpositionFormat;
}

const failed = (message: string, cause?: unknown) => new BinnacleError('upstream_failed', message, { cause });

/**
 * Fetches one exposition, within the limits, and hands it to `use` while its bytes are accounted for. Throws
 * `upstream_failed`, `body_too_large` or `over_capacity` with a sentence for the Sources page, and what `use` throws.
 */
export async function readExposition<T>(
  url: URL,
  options: ReadOptions,
  use: (exposition: Exposition) => T,
): Promise<T> {
  const { pool, gate, signal, timeoutSeconds } = options;
  let held = 0;
  const hold = (bytes: number) => {
    gate.hold(bytes);
    held += bytes;
  };
  let exposition: Exposition;
  try {
    exposition = await fetchOnce(url, options, hold);
  } catch (error) {
    gate.release(held);
    if (error instanceof BinnacleError) throw error;
    if (signal.aborted) throw failed(`gave no complete answer within ${timeoutSeconds} s`, error);
    throw failureSentence(error, optionName(pool, 'caFile', 'tls_config.ca_file'));
  }
  try {
    return use(exposition);
  } finally {
    gate.release(held);
  }
}

async function fetchOnce(url: URL, options: ReadOptions, hold: (bytes: number) => void): Promise<Exposition> {
  const { pool, client, signal, timeoutSeconds } = options;
  const response = await client.get(url, {
    signal,
    headers: {
      accept: pool.accept,
      'accept-encoding': pool.enableCompression ? 'gzip' : 'identity',
      'user-agent': 'binnacle',
      'x-prometheus-scrape-timeout-seconds': String(timeoutSeconds),
    },
  });
  const { statusCode, body } = response;
  const encoding = one(response.headers['content-encoding']) ?? 'identity';
  if (statusCode !== 200 || (encoding !== 'gzip' && encoding !== 'identity')) {
    body.on('error', () => {}).destroy();
    if (statusCode >= 300 && statusCode < 400)
      throw failed(`answers with a redirect (${statusCode}); configure the address it leads to`);
    throw failed(
      statusCode === 200
        ? 'answers in an encoding that was not asked for'
        : `answers ${statusCode}${hint(statusCode, pool)}`,
    );
  }
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    length += chunk.length;
    // Leaving the loop destroys the body, and with it the connection.
    if (length > pool.bodyLimitBytes) throw tooLarge(pool);
    hold(chunk.length);
    chunks.push(chunk);
  }
  const raw = chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks, length);
  const plain = encoding === 'gzip' ? await inflated(raw, pool) : raw;
  if (plain !== raw) hold(plain.length);
  const type = (one(response.headers['content-type']) ?? '').trim().toLowerCase();
  if (!type.startsWith('application/vnd.google.protobuf'))
    return {
      body: plain,
      sentBytes: plain.length,
      format: type.startsWith('application/openmetrics-text') ? 'openmetrics' : 'text',
    };
  const text = textOfProtobuf(plain);
  hold(text.length);
  return { body: text, sentBytes: plain.length, format: 'openmetrics' };
}

async function inflated(raw: Buffer, pool: ScrapePool): Promise<Buffer> {
  try {
    return await inflate(raw, { maxOutputLength: pool.bodyLimitBytes });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(pool);
    throw failed('says that its answer is gzip, and it is not', error);
  }
}

const tooLarge = (pool: ScrapePool) =>
  new BinnacleError(
    'body_too_large',
    `answers with more than ${pool.bodyLimitBytes} bytes (${optionName(pool, 'bodyLimitBytes', 'body_size_limit')})`,
  );

function one(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}

function hint(status: number, pool: ScrapePool): string {
  if (status === 401 || status === 403)
    return `; check ${optionName(pool, 'tokenFile or basicAuth', 'authorization or basic_auth')}`;
  return status === 404 ? `; check ${optionName(pool, 'the path', 'metrics_path')}` : '';
}
