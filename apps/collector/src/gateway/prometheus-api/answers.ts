import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import type { BinnacleError, ErrorCode } from '@binnacle/shared/errors.ts';
import type { FastifyReply } from 'fastify';

/** `errorType` of the Prometheus API for what a query can end with; anything else is `internal`. */
const errorTypes: Partial<Record<ErrorCode, string>> = {
  bad_request: 'bad_data',
  malformed_body: 'bad_data',
  unsupported_media_type: 'bad_data',
  body_too_large: 'bad_data',
  query_invalid: 'bad_data',
  query_failed: 'execution',
  query_limit: 'execution',
  query_timeout: 'timeout',
  query_canceled: 'canceled',
  over_capacity: 'unavailable',
  disk_full: 'unavailable',
  store_unavailable: 'unavailable',
  state_unavailable: 'unavailable',
  not_found: 'not_found',
  unauthenticated: 'unauthorized',
  forbidden: 'forbidden',
};

export interface Notes {
  readonly warnings?: readonly string[] | undefined;
  readonly infos?: readonly string[] | undefined;
}

const json = 'application/json; charset=utf-8';

/** An error in the shape of the Prometheus API. */
export function sendError(reply: FastifyReply, error: BinnacleError): FastifyReply {
  reply.status(error.status);
  if (error.retry) reply.header('retry-after', String(error.retryAfterSeconds ?? 5));
  if (error.code === 'unauthenticated')
    reply.header('www-authenticate', 'Bearer realm="binnacle", Basic realm="binnacle"');
  const errorType = errorTypes[error.code] ?? 'internal';
  return reply.type(json).send(JSON.stringify({ status: 'error', errorType, error: error.message }));
}

function notesJson({ warnings = [], infos = [] }: Notes): string {
  const parts = [
    warnings.length > 0 ? `,"warnings":${JSON.stringify(warnings)}` : '',
    infos.length > 0 ? `,"infos":${JSON.stringify(infos)}` : '',
  ];
  return parts.join('');
}

/** Data that is small enough to be one text. */
export function sendData(reply: FastifyReply, data: unknown, notes: Notes = {}): FastifyReply {
  return reply.type(json).send(`{"status":"success","data":${JSON.stringify(data)}${notesJson(notes)}}`);
}

/**
 * Data that is written in chunks. What turns out small is sent whole, the rest as a stream at the client's pace: nothing
 * more is written while it does not read, nothing at all after it has gone, and between chunks others have their turn.
 */
export function sendChunks(reply: FastifyReply, data: Iterable<Uint8Array>, notes: Notes = {}): FastifyReply {
  return sendBytes(reply, json, enclosed(data, notes));
}

const wholeBytes = 64 * 1024;

/** A client that takes nothing for so long is gone: what it asked for is held in memory for it. */
const patienceMs = 60_000;

/** Bytes in chunks, of a type of content. */
export function sendBytes(
  reply: FastifyReply,
  contentType: string,
  bytes: Generator<Uint8Array>,
  stalledMs = patienceMs,
): FastifyReply {
  const first: Uint8Array[] = [];
  let length = 0;
  while (length < wholeBytes) {
    const chunk = bytes.next();
    if (chunk.done === true) return reply.type(contentType).send(joined(first));
    first.push(chunk.value);
    length += chunk.value.length;
  }
  const watch = setTimeout(() => stream.destroy(new Error('the client does not read')), stalledMs).unref();
  const stream = Readable.from(paced(joined(first), bytes, watch), { objectMode: false, highWaterMark: 128 * 1024 });
  stream.once('close', () => clearTimeout(watch));
  return reply.type(contentType).send(stream);
}

const joined = (chunks: readonly Uint8Array[]): Uint8Array =>
  chunks.length === 1 ? (chunks[0] as Uint8Array) : Buffer.concat(chunks);

function* enclosed(data: Iterable<Uint8Array>, notes: Notes): Generator<Uint8Array> {
  yield Buffer.from('{"status":"success","data":');
  yield* data;
  yield Buffer.from(`${notesJson(notes)}}`);
}

async function* paced(
  first: Uint8Array,
  rest: Iterable<Uint8Array>,
  watch: NodeJS.Timeout,
): AsyncGenerator<Uint8Array> {
  yield first;
  for (const chunk of rest) {
    yield chunk;
    watch.refresh();
    await setImmediate();
  }
}

/** Whether an `Accept` header names the type of content itself; a wildcard asks for nothing in particular. */
export function accepts(header: string | undefined, contentType: string): boolean {
  for (const part of (header ?? '').split(',')) {
    const [name = '', ...parameters] = part.split(';').map((text) => text.trim().toLowerCase());
    if (name === contentType) return !parameters.some((text) => /^q=0(?:\.0*)?$/.test(text));
  }
  return false;
}
