import { randomUUID } from 'node:crypto';
import type { Principal } from '@binnacle/shared/access.ts';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest, type RouteOptions } from 'fastify';
import type { Logger } from 'pino';
import type { Limits } from '../pipeline/limits.ts';
import { addToCounter, recordSeconds } from '../telemetry/instruments.ts';
import type { Authorize, DoorAction } from './authentication.ts';
import { BodyBudget } from './body-budget.ts';
import { answerClientError } from './client-error.ts';
import { type ErrorBody, toBinnacleError } from './error-answer.ts';
import { MethodTable } from './method-table.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What the door asks of whoever comes; a group of routes sets the default, a route may set its own. */
    action?: DoorAction;
  }
  interface FastifyRequest {
    principal: Principal | undefined;
    bodyBytesTaken: number;
  }
}

export interface ServerOptions {
  readonly authorize: Authorize;
  readonly limits: Limits;
  readonly log: Logger;
  /** How long a client may take to send one request, its body included; default 60,000. */
  readonly requestTimeoutMs?: number;
}

const defaultRequestTimeoutMs = 60_000;

/** Registers routes that all ask for `action`, unless one names its own. */
export async function doorGroup(
  app: FastifyInstance,
  action: DoorAction,
  register: (group: FastifyInstance) => void | Promise<void>,
): Promise<void> {
  await app.register(async (group) => {
    group.addHook('onRoute', (route: RouteOptions) => {
      route.config = { action, ...route.config };
    });
    await register(group);
  });
}

const securityHeaders = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cache-control': 'no-store',
};

/**
 * The gateway's HTTP server without its doors: who gets in, limits, error answers of the catalogue, request ids,
 * security headers and the counters of requests. A route whose action nobody said is refused to everyone.
 */
export function createServer(options: ServerOptions): FastifyInstance {
  const { limits, log, requestTimeoutMs = defaultRequestTimeoutMs } = options;
  const budget = new BodyBudget(limits.inFlightBytes, limits.bodyBytes);
  const methods = new MethodTable();
  const app = fastify({
    logger: false,
    bodyLimit: limits.bodyBytes,
    requestTimeout: requestTimeoutMs,
    http: {
      requestTimeout: requestTimeoutMs,
      // Node takes the shorter of the two for the headers, whichever it is called.
      headersTimeout: requestTimeoutMs,
      // How often it looks at slow connections; its own default is half a minute.
      connectionsCheckingInterval: Math.min(5000, Math.ceil(requestTimeoutMs / 4)),
    },
    clientErrorHandler: (error, socket) => answerClientError(error, socket, log),
    keepAliveTimeout: 65_000,
    handlerTimeout: 150_000,
    forceCloseConnections: 'idle',
    genReqId: () => randomUUID(),
    routerOptions: { maxParamLength: 512 },
    frameworkErrors: (error, request, reply) =>
      void answerError(error, request as FastifyRequest, reply as unknown as FastifyReply, log),
  });
  app.decorateRequest('principal', undefined);
  app.decorateRequest('bodyBytesTaken', 0);
  app.addHook('onRoute', (route) => methods.add(route.method, route.url));

  app.addHook('onRequest', async (request, reply) => {
    reply.headers(securityHeaders).header('x-request-id', request.id);
    const action = request.is404 ? 'telemetry:read' : request.routeOptions.config.action;
    if (action === undefined) throw new BinnacleError('forbidden', 'this door has no rule of access');
    request.principal = await options.authorize({ method: request.method, headers: request.headers }, action);
    if (request.method !== 'GET' && request.method !== 'HEAD' && !request.is404) {
      request.bodyBytesTaken = budget.take(request.headers['content-length']);
    }
  });
  app.addHook('onResponse', async (request, reply) => {
    budget.giveBack(request.bodyBytesTaken);
    countRequest(request, reply);
  });
  app.addHook('onRequestAbort', async (request) => {
    budget.giveBack(request.bodyBytesTaken);
    request.bodyBytesTaken = 0;
  });
  app.setErrorHandler((error, request, reply) => answerError(error, request, reply, log));
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0] ?? '';
    const allowed = methods.allowed(path);
    if (allowed.length === 0) {
      return answerError(
        new BinnacleError('not_found', `there is no door at ${path.slice(0, 200)}`),
        request,
        reply,
        log,
      );
    }
    reply.header('allow', allowed.join(', '));
    return answerError(
      new BinnacleError('method_not_allowed', `${path} answers ${allowed.join(', ')}`),
      request,
      reply,
      log,
    );
  });
  return app;
}

function doorOf(request: FastifyRequest): string {
  return request.is404 ? 'none' : (request.routeOptions.url ?? 'none');
}

function countRequest(request: FastifyRequest, reply: FastifyReply): void {
  const door = { door: doorOf(request), method: request.method };
  addToCounter('binnacle_http_requests_total', 1, { ...door, status: String(reply.statusCode) });
  recordSeconds('binnacle_http_request_duration_seconds', reply.elapsedTime / 1000, door);
}

/** Answers with an error of the catalogue as JSON; also counts and logs it, once. */
export function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply, log: Logger): FastifyReply {
  const known = toBinnacleError(error);
  const event = { requestId: request.id, method: request.method, door: doorOf(request), code: known.code };
  addToCounter('binnacle_http_refused_total', 1, { door: event.door, code: known.code });
  if (known.status >= 500) log.warn({ ...event, err: known.cause ?? known }, known.message);
  else log.debug(event, known.message);
  reply.status(known.status);
  if (known.retry) reply.header('retry-after', String(known.retryAfterSeconds ?? 5));
  if (known.code === 'unauthenticated')
    reply.header('www-authenticate', 'Bearer realm="binnacle", Basic realm="binnacle"');
  const body: ErrorBody = { code: known.code, message: known.message, requestId: request.id };
  return reply.type('application/json; charset=utf-8').send(JSON.stringify(body));
}
