import { BinnacleError } from '@binnacle/shared/errors.ts';
import type { LogBatch, SpanBatch } from '@binnacle/shared/telemetry/rows/otel-rows.ts';
import type { Limits } from '../pipeline/limits.ts';
import type { RowFreshness, RowRequest, RowSink } from '../receivers/receiver.ts';
import type { GatewayClient, PostAnswer } from './gateway-client.ts';

const headers = { 'content-type': 'application/x-protobuf' };

/**
 * Hands spans and log records on to the gateway while their sender waits: nothing is kept here, so what is acknowledged is
 * in the gateway's store. Senders of OTLP try again by themselves while it is away.
 */
export class ForwardedRows implements RowSink {
  readonly limits: Limits;
  readonly freshness: RowFreshness;
  readonly #client: GatewayClient;
  readonly #stop = new AbortController();
  #bytes = 0;

  constructor(limits: Limits, freshness: RowFreshness, client: GatewayClient) {
    this.limits = limits;
    this.freshness = freshness;
    this.#client = client;
  }

  writeSpans(_batch: SpanBatch, { body }: RowRequest): Promise<void> {
    return this.#post('/v1/traces', body);
  }

  writeLogs(_batch: LogBatch, { body }: RowRequest): Promise<void> {
    return this.#post('/v1/logs', body);
  }

  /** Ends the requests that run; their senders are told to come again. */
  close(): void {
    this.#stop.abort();
  }

  async #post(path: string, body: Uint8Array): Promise<void> {
    const { spanInFlightBytes } = this.limits;
    if (this.#bytes > 0 && this.#bytes + body.byteLength > spanInFlightBytes)
      throw new BinnacleError(
        'over_capacity',
        `${spanInFlightBytes} bytes are on their way to the gateway already (limits.spanInFlightBytes); send again later`,
        { retryAfterSeconds: 2 },
      );
    this.#bytes += body.byteLength;
    try {
      const answer = await this.#client.post(path, headers, body, this.#stop.signal).catch((error: unknown) => {
        throw new BinnacleError('store_unavailable', 'the gateway does not answer; send again later', {
          cause: error,
          retryAfterSeconds: 5,
        });
      });
      refuse(answer);
    } finally {
      this.#bytes -= body.byteLength;
    }
  }
}

/** Throws for any answer but success. What the sender may try again, or this agent's operator can mend, is retryable. */
function refuse({ status, retryAfterSeconds, text }: PostAnswer): void {
  if (status < 300) return;
  if (status === 400 || status === 413 || status === 415)
    throw new BinnacleError('bad_request', `the gateway refused it with ${status}: ${text.toWellFormed()}`);
  throw new BinnacleError('store_unavailable', `the gateway answered ${status}; send again later`, {
    retryAfterSeconds: retryAfterSeconds ?? 5,
  });
}
