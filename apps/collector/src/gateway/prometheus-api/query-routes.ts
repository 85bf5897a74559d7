import { checkQuery } from '@binnacle/promql/check/check.ts';
import type { Engine } from '@binnacle/promql/engine/engine.ts';
import { parseQuery } from '@binnacle/promql/parse/parse.ts';
import { QuerySyntaxError } from '@binnacle/promql/parse/position.ts';
import { printQuery } from '@binnacle/promql/parse/print.ts';
import { binaryMatrixType, writeBinaryMatrix } from '@binnacle/promql/result/binary.ts';
import { writeQueryValue } from '@binnacle/promql/result/json.ts';
import type { QueryResult } from '@binnacle/promql/result/result.ts';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { accepts, sendBytes, sendChunks, sendData } from './answers.ts';
import { Parameters } from './parameters.ts';
import { statsOf } from './query-stats.ts';

/** `query`, `query_range` and `format_query`, by GET and POST. */
export function registerQueryRoutes(app: FastifyInstance, engine: Engine, now: () => number): void {
  const method = ['GET', 'POST'];
  app.route({
    method,
    url: '/api/v1/query',
    handler: async (request, reply) => {
      const parameters = new Parameters(request);
      const limit = parameters.limit();
      const timeMs = parameters.timeMs('time') ?? now();
      const shared = sharedParameters(parameters);
      const result = await withQuery(() => engine.instant({ ...shared, timeMs, signal: goneSignal(request, reply) }));
      return answer(request, reply, result, limit, parameters.text('stats'));
    },
  });
  app.route({
    method,
    url: '/api/v1/query_range',
    handler: async (request, reply) => {
      const parameters = new Parameters(request);
      const limit = parameters.limit();
      const startMs = parameters.requiredTimeMs('start');
      const endMs = parameters.requiredTimeMs('end');
      parameters.required('step');
      const stepMs = parameters.durationMs('step') as number;
      const shared = sharedParameters(parameters);
      const signal = goneSignal(request, reply);
      const result = await withQuery(() => engine.range({ ...shared, startMs, endMs, stepMs, signal }));
      return answer(request, reply, result, limit, parameters.text('stats'));
    },
  });
  app.route({
    method,
    url: '/api/v1/format_query',
    handler: async (request, reply) => {
      const query = new Parameters(request).required('query');
      const text = await withQuery(async () => {
        const expr = parseQuery(query);
        checkQuery(query, expr);
        return printQuery(expr);
      });
      return sendData(reply, text);
    },
  });
}

function sharedParameters(parameters: Parameters): {
  query: string;
  timeoutMs: number | undefined;
  lookbackMs: number | undefined;
} {
  return {
    query: parameters.required('query'),
    timeoutMs: parameters.durationMs('timeout'),
    lookbackMs: parameters.durationMs('lookback_delta'),
  };
}

/** Aborts when the client has gone before it was answered. */
function goneSignal(request: FastifyRequest, reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableEnded) controller.abort();
  });
  if (request.raw.destroyed && !request.raw.complete) controller.abort();
  return controller.signal;
}

/** Says of a fault in the query text which parameter it is in. */
async function withQuery<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof QuerySyntaxError)) throw error;
    throw new BinnacleError('query_invalid', `invalid parameter "query": ${error.message}`, { cause: error });
  }
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
  const warnings = cut ? [...result.warnings, 'results truncated due to limit'] : result.warnings;
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
