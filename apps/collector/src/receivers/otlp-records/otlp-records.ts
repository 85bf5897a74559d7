import { BinnacleError } from '@binnacle/shared/errors.ts';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { toBinnacleError } from '../../gateway/error-answer.ts';
import { senderOf } from '../../pipeline/sender.ts';
import { addToCounter } from '../../telemetry/instruments.ts';
import { contentTypes, exportAnswer, type RejectedField, statusAnswer } from '../otlp/answer.ts';
import { checkOtlpHeaders, encodingOf, plainBody } from '../otlp/body.ts';
import { requestFromJson } from '../otlp/json-to-protobuf.ts';
import type { Message } from '../otlp/metrics-schema.ts';
import type { GrpcMethod, Receiver, ReceiverContext, RowSignal, RowSink, SourceStatus } from '../receiver.ts';
import { exportLogsRequest, exportTraceRequest } from './schema.ts';
import { type RowsOutcome, takeRows } from './take-rows.ts';

interface Door {
  readonly signal: RowSignal;
  readonly path: string;
  readonly grpcMethod: string;
  readonly request: Message;
  readonly rejectedField: RejectedField;
}

/** A door that nobody used for so long is waiting, not up. */
const quietMs = 5 * 60_000;

const doors: readonly Door[] = [
  {
    signal: 'spans',
    path: '/v1/traces',
    grpcMethod: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
    request: exportTraceRequest,
    rejectedField: 'rejectedSpans',
  },
  {
    signal: 'logs',
    path: '/v1/logs',
    grpcMethod: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
    request: exportLogsRequest,
    rejectedField: 'rejectedLogRecords',
  },
];

interface DoorState {
  lastTakenAt: number | null;
  newestMs: number | null;
  lastError: string | null;
}

/** The doors of OTLP for spans and log records. What is acknowledged is stored. */
export class OtlpRecordsReceiver implements Receiver {
  readonly #context: ReceiverContext;
  readonly #sink: RowSink;
  readonly #states = new Map<Door, DoorState>(
    doors.map((door) => [door, { lastTakenAt: null, newestMs: null, lastError: null }]),
  );

  constructor(context: ReceiverContext) {
    this.#context = context;
    if (context.rows === undefined)
      throw new BinnacleError(
        'bad_config',
        'receivers.otlp-records: this process has nowhere to put spans and log records',
      );
    this.#sink = context.rows;
  }

  routes(app: FastifyInstance): void {
    for (const door of doors) app.register(async (scope) => this.#route(scope, door));
  }

  grpcMethods(): readonly GrpcMethod[] {
    return doors.map((door) => ({
      path: door.grpcMethod,
      handle: async (bytes, sender) => {
        const { rejected, message } = await this.#take(door, bytes, sender);
        return exportAnswer('protobuf', rejected, message);
      },
    }));
  }

  sources(): SourceStatus[] {
    const now = this.#context.now();
    return doors.map((door) => {
      const state = this.#state(door);
      const quiet = state.lastTakenAt === null || now - state.lastTakenAt > quietMs;
      return {
        receiver: 'otlp-records',
        source: door.signal,
        cluster: '',
        state: quiet ? 'waiting' : 'up',
        lastSampleAt: state.newestMs,
        lastError: state.lastError,
        address: `POST ${door.path}`,
        intervalSeconds: null,
      };
    });
  }

  async stop(): Promise<void> {
    // Nothing of its own is open: requests belong to the server.
  }

  #route(scope: FastifyInstance, door: Door): void {
    const { bodyBytes: bodyLimit, inflatedBytes } = this.#sink.limits;
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit }, (_request, body, done) => done(null, body));
    scope.addHook('onRequest', async (request) => checkOtlpHeaders(request.headers));
    scope.setErrorHandler((error, request, reply) => {
      const known = toBinnacleError(error);
      this.#state(door).lastError = known.message;
      addToCounter('binnacle_http_refused_total', 1, { door: door.path, code: known.code });
      if (known.status >= 500)
        this.#context.log.warn({ requestId: request.id, code: known.code, err: known.cause ?? known }, known.message);
      if (known.retry) reply.header('retry-after', String(known.retryAfterSeconds ?? 5));
      const encoding = encodingOf(request.headers) ?? 'json';
      return reply.status(known.status).type(contentTypes[encoding]).send(statusAnswer(encoding, known));
    });
    scope.post(door.path, { bodyLimit }, async (request: FastifyRequest, reply) => {
      const encoding = encodingOf(request.headers) ?? 'protobuf';
      const sent = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
      const plain = await plainBody(sent, request.headers, inflatedBytes);
      const bytes = encoding === 'json' ? requestFromJson(plain, door.request) : plain;
      const { rejected, message } = await this.#take(door, bytes, senderOf(request.ip, request.headers['user-agent']));
      return reply.type(contentTypes[encoding]).send(exportAnswer(encoding, rejected, message, door.rejectedField));
    });
  }

  async #take(door: Door, bytes: Buffer, sender: string): Promise<RowsOutcome> {
    const outcome = await takeRows(door.signal, bytes, this.#sink, { nowMs: this.#context.now(), sender });
    const state = this.#state(door);
    state.lastTakenAt = this.#context.now();
    if (outcome.newestMs !== null) state.newestMs = Math.max(state.newestMs ?? 0, outcome.newestMs);
    state.lastError = outcome.rejected > 0 ? `${outcome.rejected} were refused: ${outcome.message}` : null;
    return outcome;
  }

  #state(door: Door): DoorState {
    return this.#states.get(door) as DoorState;
  }
}
