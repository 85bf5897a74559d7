import { randomUUID } from 'node:crypto';
import type { Principal } from '@binnacle/shared/access.ts';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest, type RouteOptions } from 'fastify';
import type { Logger } from 'pino';
import type { Limits } from '../pipeline/limits.ts';
import { addToCounter, recordSeconds } from '../telemetry/instruments.ts';
import type { Authorize, DoorAction } from './authentication.ts';
import { BodyBudget, type ReadBody } from './body-budget.ts';
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
    readBody: ReadBody | undefined;
  }
}

export interface ServerOptions {
  readonly authorize: Authorize;
  readonly limits: Limits;
  readonly log: Logger;
  /** How long a client may take to send one request, its body included; default `limits.requestSeconds`. */
  readonly requestTimeoutMs?: number;
  /** How long a body is watched before it may count as too slow. */
  readonly slowGraceMs?: number;
}

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
  const { limits, log, requestTimeoutMs = limits.requestSeconds * 1000 } = options;
  const budget = new BodyBudget(limits.inFlightBytes, limits.bodyBytes, {
    bytesPerSecond: limits.slowBodyBytesPerSecond,
    ...(options.slowGraceMs === undefined ? {} : { graceMs: options.slowGraceMs }),
  });
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
  app.decorateRequest('readBody', undefined);
  app.addHook('onRoute', (route) => methods.add(route.method, route.url));

  app.addHook('onRequest', async (request, reply) => {
    reply.headers(securityHeaders).header('x-request-id', request.id);
    const action = request.is404 ? 'telemetry:read' : request.routeOptions.config.action;
    if (action === undefined) throw new BinnacleError('forbidden', 'this door has no rule of access');
    request.principal = await options.authorize({ method: request.method, headers: request.headers }, action);
    if (request.method !== 'GET' && request.method !== 'HEAD' && !request.is404) {
      request.readBody = budget.begin(announcedBytes(request), () => failBody(request, tooSlow()));
    }
  });
  // With a callback: the parser of the body must be listening when this hook has ended, or it misses the beginning.
  app.addHook('preParsing', (request, _reply, payload, done) => {
    const { readBody } = request;
    if (readBody !== undefined) {
      payload.on('data', (chunk: Buffer) => {
        try {
          readBody.arrived(chunk.length);
        } catch (error) {
          failBody(request, error);
        }
      });
      payload.on('end', () => readBody.complete());
    }
    done(null, payload);
  });
  app.addHook('onResponse', async (request, reply) => {
    request.readBody?.close();
    countRequest(request, reply);
  });
  app.addHook('onRequestAbort', async (request) => {
    request.readBody?.close();
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

/** Bytes of the body as its headers say; undefined where they do not. */
function announcedBytes({ headers }: FastifyRequest): number | undefined {
  const length = headers['content-length'];
  if (length !== undefined) return Number(length);
  return headers['transfer-encoding'] === undefined ? 0 : undefined;
}

const tooSlow = () =>
  new BinnacleError(
    'request_timeout',
    'the body came too slowly while others waited for room (limits.slowBodyBytesPerSecond); send it faster, or less at once',
  );

/** Ends the reading of a body: the parser lets go of what it has, and the request is answered with the error. */
function failBody(request: FastifyRequest, error: unknown): void {
  if (request.raw.listenerCount('error') > 0) request.raw.emit('error', error);
  else if (error instanceof BinnacleError && error.code === 'request_timeout') request.raw.socket.destroy();
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
  // The rest of such a body is not waited for.
  if (known.code === 'request_timeout') reply.header('connection', 'close');
  if (known.retry) reply.header('retry-after', String(known.retryAfterSeconds ?? 5));
  if (known.code === 'unauthenticated')
    reply.header('www-authenticate', 'Bearer realm="binnacle", Basic realm="binnacle"');
  const body: ErrorBody = { code: known.code, message: known.message, requestId: request.id };
  return reply.type('application/json; charset=utf-8').send(JSON.stringify(body));
}
