import { BinnacleError } from '@binnacle/shared/errors.ts';
import type { SampleBatch } from '@binnacle/shared/telemetry/sample-batch.ts';
import type { FastifyInstance } from 'fastify';
import { senderOf } from '../../pipeline/sender.ts';
import { withSpan } from '../../telemetry/spans.ts';
import { ClassicHistograms } from '../../wire/classic-histograms.ts';
import { PlainWriteDecoder } from '../../wire/plain-write-decode.ts';
import { WriteRequest2Decoder } from '../../wire/remote-write-2-decode.ts';
import { WriteRequestDecoder } from '../../wire/remote-write-decode.ts';
import { WriteRequestExtras } from '../../wire/remote-write-extras.ts';
import { defaultInternBounds, SeriesIntern } from '../../wire/series-intern.ts';
import { snappyDecode } from '../../wire/snappy.ts';
import { WriteTally } from '../../wire/write-tally.ts';
import type { Receiver, ReceiverContext, SampleOrigin, SourceStatus, WriteResult } from '../receiver.ts';
import type { RemoteWriteConfig } from './config.ts';
import { negotiate, refuseFramedSnappy, type WriteVersion } from './negotiate.ts';
import { nothingWritten, type Outcome, outcomeOf, writtenHeaders } from './outcome.ts';

const path = '/api/v1/write';
const origin = { receiver: 'remote-write', source: 'senders' } as const;
const scratchBytes = 4 * 1024 * 1024;
/** A door that nobody used for so long is waiting, not up. */
const quietMs = 5 * 60_000;

/**
 * The door of Prometheus remote write 1.0 and 2.0. What is refused is refused before, what is acknowledged after it was
 * stored; every answer counts what was written.
 */
export class RemoteWriteReceiver implements Receiver {
  readonly #config: RemoteWriteConfig;
  readonly #context: ReceiverContext;
  readonly #plain: PlainWriteDecoder;
  readonly #decoder: WriteRequestDecoder;
  readonly #extras: WriteRequestExtras;
  readonly #decoder2: WriteRequest2Decoder;
  /** Decoding is done before anything is awaited, so one piece of memory serves all requests. */
  readonly #scratch = Buffer.allocUnsafe(scratchBytes);
  #lastTakenAt: number | null = null;
  #lastSampleAt: number | null = null;
  #lastError: string | null = null;

  constructor(config: RemoteWriteConfig, context: ReceiverContext) {
    this.#config = config;
    this.#context = context;
    const intern = new SeriesIntern({ ...defaultInternBounds, maxEntries: config.maxSeries });
    const classic = new ClassicHistograms(intern, {
      maxBuckets: config.maxHistogramBuckets,
      maxSeries: config.maxSeries,
    });
    this.#plain = new PlainWriteDecoder(config.labels, intern, config.maxSeries);
    this.#decoder = new WriteRequestDecoder(config.labels, intern);
    this.#extras = new WriteRequestExtras(config.labels, intern, classic);
    this.#decoder2 = new WriteRequest2Decoder(config.labels, intern, classic);
  }

  routes(app: FastifyInstance): void {
    const bodyLimit = this.#config.maxBodyBytes;
    app.register(async (scope) => {
      scope.removeAllContentTypeParsers();
      scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit }, (_request, body, done) => done(null, body));
      scope.addHook('onRequest', async (request, reply) => {
        reply.headers(writtenHeaders(nothingWritten));
        negotiate(request.headers);
      });
      scope.post(path, { bodyLimit }, async (request, reply) => {
        try {
          const outcome = await withSpan('binnacle.receiver.write', { 'binnacle.receiver': origin.receiver }, () =>
            this.#take(request.body, negotiate(request.headers), {
              ...origin,
              sender: senderOf(request.ip, request.headers['user-agent']),
            }),
          );
          reply.headers(writtenHeaders(outcome.written));
          if (outcome.refusal !== undefined) throw outcome.refusal;
        } catch (error) {
          if (error instanceof BinnacleError) this.#lastError = error.message;
          throw error;
        }
        this.#lastError = null;
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

  async #take(body: unknown, version: WriteVersion, from: SampleOrigin): Promise<Outcome> {
    // A request without a body reaches the handler without having been parsed.
    const compressed = Buffer.isBuffer(body) ? body : Buffer.alloc(0);
    refuseFramedSnappy(compressed);
    const { batch, tally } = version === 2 ? this.#decode2(compressed) : this.#decode1(compressed);
    const newest = batch.timestamps
      .subarray(0, batch.length)
      .reduce((max, at) => Math.max(max, at), Number.NEGATIVE_INFINITY);
    // The sink takes out of the batch what it does not keep.
    const exemplarsSent = batch.exemplars.length;
    let result: WriteResult = { accepted: 0, refused: [] };
    if (batch.length + batch.metadata.length + batch.exemplars.length > 0)
      result = await this.#context.sink.write(batch, from);
    this.#lastTakenAt = this.#context.now();
    if (result.accepted > 0) this.#lastSampleAt = Math.max(this.#lastSampleAt ?? 0, newest);
    const refused = [...tally.refused].map(([reason, { samples, histograms, exemplars, example }]) => ({
      reason,
      count: samples + histograms + exemplars,
      example,
    }));
    if (refused.length > 0) this.#context.sink.noteRefused?.(refused, from);
    return outcomeOf(version, { batch, tally }, exemplarsSent, result);
  }

  #decode2(compressed: Buffer): { batch: SampleBatch; tally: WriteTally } {
    return this.#decoder2.decode(snappyDecode(compressed, this.#config.maxInflatedBytes, this.#scratch));
  }

  #decode1(compressed: Buffer): { batch: SampleBatch; tally: WriteTally } {
    const plain = this.#plain.decode(compressed, this.#config.maxInflatedBytes);
    if (plain !== undefined) return { batch: plain, tally: new WriteTally() };
    const message = snappyDecode(compressed, this.#config.maxInflatedBytes, this.#scratch);
    // A 2.0 message begins with its symbols, and would be read as an empty one.
    if (message[0] === 0x22)
      throw new BinnacleError(
        'malformed_body',
        'protobuf, byte 0: this is io.prometheus.write.v2.Request, which its Content-Type must say (proto=…)',
      );
    const { batch, histograms, exemplars } = this.#decoder.decode(message);
    return { batch, tally: histograms + exemplars > 0 ? this.#extras.append(message, batch) : new WriteTally() };
  }
}
