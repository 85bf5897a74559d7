import { BinnacleError } from '@binnacle/shared/errors.ts';
import type { FastifyInstance } from 'fastify';
import { addToCounter } from '../../telemetry/instruments.ts';
import { withSpan } from '../../telemetry/spans.ts';
import { WriteRequestDecoder } from '../../wire/remote-write-decode.ts';
import { defaultInternBounds, SeriesIntern } from '../../wire/series-intern.ts';
import { snappyDecode } from '../../wire/snappy.ts';
import type { Receiver, ReceiverContext, SourceStatus, WriteResult } from '../receiver.ts';
import type { RemoteWriteConfig } from './config.ts';
import { checkRemoteWriteHeaders } from './negotiate.ts';

const path = '/api/v1/write';
const origin = { receiver: 'remote-write', source: 'senders' } as const;
const scratchBytes = 4 * 1024 * 1024;
/** A door that nobody used for so long is waiting, not up. */
const quietMs = 5 * 60_000;

/** The door of Prometheus remote write 1.0. What is refused is refused before, what is acknowledged after it was stored. */
export class RemoteWriteReceiver implements Receiver {
  readonly #config: RemoteWriteConfig;
  readonly #context: ReceiverContext;
  readonly #decoder: WriteRequestDecoder;
  /** Decoding is done before anything is awaited, so one piece of memory serves all requests. */
  readonly #scratch = Buffer.allocUnsafe(scratchBytes);
  #lastTakenAt: number | null = null;
  #lastSampleAt: number | null = null;
  #lastError: string | null = null;

  constructor(config: RemoteWriteConfig, context: ReceiverContext) {
    this.#config = config;
    this.#context = context;
    this.#decoder = new WriteRequestDecoder(
      config.labels,
      new SeriesIntern({ ...defaultInternBounds, maxEntries: config.maxSeries }),
    );
  }

  routes(app: FastifyInstance): void {
    const bodyLimit = this.#config.maxBodyBytes;
    app.register(async (scope) => {
      scope.removeAllContentTypeParsers();
      scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit }, (_request, body, done) => done(null, body));
      scope.addHook('onRequest', async (request) => checkRemoteWriteHeaders(request.headers));
      scope.post(path, { bodyLimit }, async (request, reply) => {
        try {
          await withSpan('binnacle.receiver.write', { 'binnacle.receiver': origin.receiver }, () =>
            this.#take(request.body),
          );
        } catch (error) {
          if (error instanceof BinnacleError) this.#lastError = error.message;
          throw error;
        }
        return reply.status(204).send();
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

  async #take(body: unknown): Promise<void> {
    // A request without a body reaches the handler without having been parsed.
    const compressed = Buffer.isBuffer(body) ? body : Buffer.alloc(0);
    const { batch, histograms } = this.#decoder.decode(
      snappyDecode(compressed, this.#config.maxInflatedBytes, this.#scratch),
    );
    const newest = batch.timestamps
      .subarray(0, batch.length)
      .reduce((max, at) => Math.max(max, at), Number.NEGATIVE_INFINITY);
    let result: WriteResult = { accepted: 0, refused: [] };
    if (batch.length > 0 || batch.metadata.length > 0) result = await this.#context.sink.write(batch, origin);
    this.#lastTakenAt = this.#context.now();
    if (result.accepted > 0) this.#lastSampleAt = Math.max(this.#lastSampleAt ?? 0, newest);
    if (histograms > 0) {
      const refusal = { reason: 'unsupported_type', count: histograms, example: 'native histograms' } as const;
      addToCounter('binnacle_source_refused_samples_total', histograms, { ...origin, reason: refusal.reason });
      result = { ...result, refused: [...result.refused, refusal] };
    }
    if (result.refused.length > 0) throw refusedSamples(result);
    this.#lastError = null;
  }
}

/** 400, so that the sender does not send the request again; what could be stored is. */
function refusedSamples({ accepted, refused }: WriteResult): BinnacleError {
  const counts = refused.map(({ reason, count }) => `${reason} (${count})`).join(', ');
  const total = refused.reduce((sum, { count }) => sum + count, 0);
  return new BinnacleError(
    'bad_sample',
    `${total} of ${total + accepted} samples were refused, the rest is stored: ${counts}; the first: ${refused[0]?.example}`,
  );
}
