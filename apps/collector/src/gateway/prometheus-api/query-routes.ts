import type { Engine, InstantQuery, OnAnswer } from '@binnacle/promql/engine/engine.ts';
import type { Features } from '@binnacle/promql/language/features.ts';
import { binaryMatrixType, writeBinaryMatrix } from '@binnacle/promql/result/binary.ts';
import { writeQueryValue } from '@binnacle/promql/result/json.ts';
import type { QueryResult } from '@binnacle/promql/result/result.ts';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import type { SampleReader } from '@binnacle/shared/telemetry/reader.ts';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { accepts, sendBytes, sendChunks, sendData } from './answers.ts';
import { exemplarsOf } from './exemplar-answer.ts';
import { goneSignal } from './gone-signal.ts';
import { Parameters } from './parameters.ts';
import { queryOf, stepsOf } from './query-parameters.ts';
import { statsOf } from './query-stats.ts';
import { namingQuery, readQuery } from './query-text.ts';

/** `query`, `query_range` and `query_exemplars`, by GET and POST. */
export function registerQueryRoutes(
  app: FastifyInstance,
  engine: Engine,
  reader: SampleReader,
  features: Features,
  now: () => number,
): void {
  const method = ['GET', 'POST'];
  app.route({
    method,
    url: '/api/v1/query',
    handler: async (request, reply) => {
      const parameters = new Parameters(request);
      const limit = parameters.limit();
      const timeMs = parameters.timeMs('time') ?? now();
      const shared = queryOf(parameters);
      const result = await engine.instant({ ...shared, ...whileAsked(request, reply), timeMs }).catch(namingQuery);
      return answer(request, reply, result, limit, parameters.text('stats'));
    },
  });
  app.route({
    method,
    url: '/api/v1/query_range',
    handler: async (request, reply) => {
      const parameters = new Parameters(request);
      const limit = parameters.limit();
      const steps = stepsOf(parameters);
      const shared = queryOf(parameters);
      const result = await engine.range({ ...shared, ...whileAsked(request, reply), ...steps }).catch(namingQuery);
      return answer(request, reply, result, limit, parameters.text('stats'));
    },
  });
  app.route({
    method,
    url: '/api/v1/query_exemplars',
    handler: async (request, reply) => {
      const parameters = new Parameters(request);
      const startMs = parameters.timeMs('start');
      const endMs = parameters.timeMs('end');
      if (startMs !== undefined && endMs !== undefined && endMs < startMs) {
        throw new BinnacleError('query_invalid', 'end timestamp must not be before start timestamp');
      }
      const expr = readQuery(parameters, features);
      const range = { fromMs: startMs ?? 0, toMs: endMs ?? now() };
      return sendData(reply, await exemplarsOf(reader, expr, range));
    },
  });
}

/** The query ends when its client has gone; its answer counts as held until the last byte is sent. */
function whileAsked(request: FastifyRequest, reply: FastifyReply): Pick<InstantQuery, 'signal' | 'onAnswer'> {
  const onAnswer: OnAnswer = (letGo) => {
    if (reply.raw.destroyed) letGo();
    else reply.raw.once('close', letGo);
  };
  return { signal: goneSignal(request, reply), onAnswer };
}

function answer(
  request: FastifyRequest,
  reply: FastifyReply,
  result: QueryResult,
  limit: number,
  wantsStats: string | undefined,
): FastifyReply {
  const { value, infos } = result;
  const cut = limit > 0 && (value.type === 'vector' || value.type === 'matrix') && value.series.length > limit;
  const warnings = [...result.warnings];
  if (cut) warnings.push('results truncated due to limit');
  if (wantsStats !== undefined && wantsStats !== 'true' && wantsStats !== 'all') {
    const said = JSON.stringify(wantsStats);
    warnings.push(`value ${said} for parameter "stats" is deprecated, use "true" or "all"`);
  }
  const stats = wantsStats === undefined ? undefined : statsOf(result.stats);
  if (accepts(request.headers.accept, binaryMatrixType)) {
    const matrix = writeBinaryMatrix(value, { warnings, infos, stats }, limit);
    if (matrix !== undefined) {
      reply.header('content-length', matrix.bytes);
      return sendBytes(reply, binaryMatrixType, matrix.chunks);
    }
  }
  return sendChunks(reply, data(result, limit, stats), { warnings, infos });
}

function* data({ value }: QueryResult, limit: number, stats: object | undefined): Generator<Uint8Array> {
  yield Buffer.from('{');
  yield* writeQueryValue(value, limit);
  yield Buffer.from(stats === undefined ? '}' : `,"stats":${JSON.stringify(stats)}}`);
}
