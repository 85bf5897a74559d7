import type { FastifyInstance, FastifyRequest } from 'fastify';
import { toBinnacleError } from '../../gateway/error-answer.ts';
import { senderOf } from '../../pipeline/sender.ts';
import { addToCounter } from '../../telemetry/instruments.ts';
import { withSpan } from '../../telemetry/spans.ts';
import type { GrpcMethod, Receiver, ReceiverContext, SourceStatus } from '../receiver.ts';
import { contentTypes, exportAnswer, statusAnswer } from './answer.ts';
import { checkOtlpHeaders, encodingOf, plainBody } from './body.ts';
import type { OtlpConfig } from './config.ts';
import { metricsRequestFromJson } from './json-to-protobuf.ts';
import { type MetricsOutcome, MetricsTaker } from './take-metrics.ts';

const path = '/v1/metrics';
const origin = { receiver: 'otlp', source: 'senders' } as const;
/** A door that nobody used for so long is waiting, not up. */
const quietMs = 5 * 60_000;

/** The door of OTLP/HTTP for metrics. What is refused is refused before, what is acknowledged after it was stored. */
export class OtlpReceiver implements Receiver {
  readonly #config: OtlpConfig;
  readonly #context: ReceiverContext;
  readonly #taker: MetricsTaker;
  #lastTakenAt: number | null = null;
  #lastSampleAt: number | null = null;
  #lastError: string | null = null;

  constructor(config: OtlpConfig, context: ReceiverContext) {
    this.#config = config;
    this.#context = context;
    this.#taker = new MetricsTaker(config, context.sink, origin, context.now);
  }

  routes(app: FastifyInstance): void {
    const bodyLimit = this.#config.maxBodyBytes;
    app.register(async (scope) => {
      scope.removeAllContentTypeParsers();
      scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit }, (_request, body, done) => done(null, body));
      scope.addHook('onRequest', async (request) => checkOtlpHeaders(request.headers));
      scope.setErrorHandler((error, request, reply) => {
        const known = toBinnacleError(error);
        this.#lastError = known.message;
        addToCounter('binnacle_http_refused_total', 1, { door: path, code: known.code });
        if (known.status >= 500)
          this.#context.log.warn({ requestId: request.id, code: known.code, err: known.cause ?? known }, known.message);
        if (known.retry) reply.header('retry-after', String(known.retryAfterSeconds ?? 5));
        const encoding = encodingOf(request.headers) ?? 'json';
        return reply.status(known.status).type(contentTypes[encoding]).send(statusAnswer(encoding, known));
      });
      scope.post(path, { bodyLimit }, async (request, reply) => {
        const encoding = encodingOf(request.headers) ?? 'protobuf';
        const { rejected, message } = await withSpan(
          'binnacle.receiver.write',
          { 'binnacle.receiver': origin.receiver },
          () => this.#take(request),
        );
        return reply.type(contentTypes[encoding]).send(exportAnswer(encoding, rejected, message));
      });
    });
  }

  grpcMethods(): readonly GrpcMethod[] {
    const handle = async (message: Buffer, sender: string) => {
      const { rejected, message: why } = await this.#store(message, sender);
      return exportAnswer('protobuf', rejected, why);
    };
    return [{ path: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export', handle }];
  }

  sources(): SourceStatus[] {
    const quiet = this.#lastTakenAt === null || this.#context.now() - this.#lastTakenAt > quietMs;
    return [
      {
        ...origin,
        cluster: this.#config.labels.cluster ?? '',
        state: quiet ? 'waiting' : 'up',
        lastSampleAt: this.#lastSampleAt,
        lastError: this.#lastError,
        address: `POST ${path}`,
        intervalSeconds: null,
      },
    ];
  }

  async stop(): Promise<void> {
    // Requests belong to the server.
    this.#taker.close();
  }

  async #take({ body, headers, ip }: FastifyRequest): Promise<MetricsOutcome> {
    const sent = Buffer.isBuffer(body) ? body : Buffer.alloc(0);
    const plain = await plainBody(sent, headers, this.#config.maxInflatedBytes);
    const bytes = encodingOf(headers) === 'json' ? metricsRequestFromJson(plain) : plain;
    return this.#store(bytes, senderOf(ip, headers['user-agent']));
  }

  async #store(bytes: Buffer, sender?: string): Promise<MetricsOutcome> {
    const outcome = await this.#taker.take(bytes, sender);
    this.#lastTakenAt = this.#context.now();
    if (outcome.newestSampleMs !== null) this.#lastSampleAt = Math.max(this.#lastSampleAt ?? 0, outcome.newestSampleMs);
    this.#lastError = outcome.rejected > 0 ? `${outcome.rejected} data points were refused: ${outcome.message}` : null;
    return outcome;
  }
}
