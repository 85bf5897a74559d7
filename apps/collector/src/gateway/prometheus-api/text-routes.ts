import type { Features } from '@binnacle/promql/language/features.ts';
import { prettyQuery } from '@binnacle/promql/parse/pretty.ts';
import type { FastifyInstance } from 'fastify';
import { sendData } from './answers.ts';
import { Parameters } from './parameters.ts';
import { readQuery } from './query-text.ts';
import { queryTree } from './query-tree.ts';

/** `format_query` and `parse_query`, by GET and POST: what is answered from the text of a query alone. */
export function registerTextRoutes(app: FastifyInstance, features: Features): void {
  const method = ['GET', 'POST'];
  app.route({
    method,
    url: '/api/v1/format_query',
    handler: async (request, reply) => sendData(reply, prettyQuery(readQuery(new Parameters(request), features))),
  });
  app.route({
    method,
    url: '/api/v1/parse_query',
    handler: async (request, reply) => sendData(reply, queryTree(readQuery(new Parameters(request), features))),
  });
}
