import { BinnacleError } from '@binnacle/shared/errors.ts';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { toBinnacleError } from '../../gateway/error-answer.ts';
import { addToCounter } from '../../telemetry/instruments.ts';
import { withSpan } from '../../telemetry/spans.ts';
import type { Receiver, ReceiverContext, SourceStatus, WriteResult } from '../receiver.ts';
import { contentTypes, exportAnswer, statusAnswer } from './answer.ts';
import { checkOtlpHeaders, encodingOf, plainBody } from './body.ts';
import type { OtlpConfig } from './config.ts';
import { type DecodedMetrics, MetricsDecoder } from './decode.ts';
import { metricsRequestFromJson } from './json-to-protobuf.ts';

const path = '/v1/metrics';
const origin = { receiver: 'otlp', source: 'senders' } as const;
/** A door that nobody used for so long is waiting, not up. */
const quietMs = 5 * 60_000;

interface Outcome {
  readonly rejected: number;
  readonly message: string;
}

/** The door of OTLP/HTTP for metrics. What is refused is refused before, what is acknowledged after it was stored. */
export class OtlpReceiver implements Receiver {
  readonly #config: OtlpConfig;
  readonly #context: ReceiverContext;
  readonly #decoder: MetricsDecoder;
  #lastTakenAt: number | null = null;
  #lastSampleAt: number | null = null;
  #lastError: string | null = null;

  constructor(config: OtlpConfig, context: ReceiverContext) {
    this.#config = config;
    this.#context = context;
    this.#decoder = new MetricsDecoder(config);
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
    // Nothing of its own is open: requests belong to the server.
  }

  async #take({ body, headers }: FastifyRequest): Promise<Outcome> {
    const sent = Buffer.isBuffer(body) ? body : Buffer.alloc(0);
    const plain = await plainBody(sent, headers, this.#config.maxInflatedBytes);
    const decoded = this.#decoder.decode(encodingOf(headers) === 'json' ? metricsRequestFromJson(plain) : plain);
    const { batch } = decoded;
    let result: WriteResult = { accepted: 0, refused: [] };
    if (batch.length > 0) result = await this.#write(decoded);
    this.#lastTakenAt = this.#context.now();
    if (result.accepted > 0) {
      const newest = batch.timestamps.subarray(0, batch.length).reduce((max, at) => Math.max(max, at), 0);
      this.#lastSampleAt = Math.max(this.#lastSampleAt ?? 0, newest);
    }
    const outcome = outcomeOf(decoded, result);
    this.#lastError = outcome.rejected > 0 ? `${outcome.rejected} data points were refused: ${outcome.message}` : null;
    return outcome;
  }

  async #write(decoded: DecodedMetrics): Promise<WriteResult> {
    try {
      const result = await this.#context.sink.write(decoded.batch, origin);
      decoded.stored();
      return result;
    } catch (error) {
      if (error instanceof BinnacleError) throw error;
      // Senders give up on a 500 and try again after a 503: what the store does not explain is worth another try.
      throw new BinnacleError('store_unavailable', 'the store failed; send again later', { cause: error });
    }
  }
}

/**
 * What goes into `partial_success`. The sink refuses samples and the protocol counts points: a point of which any sample
 * is refused counts, so far as samples and points are one to one; never more points than were sent.
 */
function outcomeOf(decoded: DecodedMetrics, result: WriteResult): Outcome {
  let rejected = 0;
  const sentences: string[] = [];
  for (const { reason, message, count } of decoded.refused) {
    rejected += count;
    sentences.push(`${reason} (${count}): ${message}`);
    addToCounter('binnacle_source_refused_samples_total', count, { ...origin, reason });
  }
  for (const { reason, count, example } of result.refused) {
    rejected += count;
    sentences.push(`${reason} (${count}), such as ${example}`);
  }
  return { rejected: Math.min(rejected, decoded.points), message: sentences.join('; ').slice(0, 4000) };
}
