import { Readable } from 'node:stream';
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

/** Data that is written in chunks; one that turns out small is sent whole, the rest as a stream at the client's pace. */
export function sendChunks(reply: FastifyReply, data: Generator<string>, notes: Notes = {}): FastifyReply {
  const chunks = enclosed(data, notes);
  let text = '';
  for (let chunk = chunks.next(); ; chunk = chunks.next()) {
    if (chunk.done === true) return reply.type(json).send(text);
    text += chunk.value;
    if (text.length >= 64 * 1024) break;
  }
  return reply.type(json).send(Readable.from(resumed(text, chunks), { objectMode: false }));
}

function* enclosed(data: Generator<string>, notes: Notes): Generator<string> {
  yield '{"status":"success","data":';
  yield* data;
  yield `${notesJson(notes)}}`;
}

function* resumed(first: string, rest: Generator<string>): Generator<string> {
  yield first;
  yield* rest;
}
