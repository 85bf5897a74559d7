import type { Logger } from 'pino';
import type { DemoClock } from './clock.ts';
import { trainingRequest } from './trainer.ts';

const timeoutMs = 5000;

/** The trainer's OTLP exporter: one request a step. A gateway that is away is not waited for; the next step is newer anyway. */
export class TrainerPush {
  readonly #url: string;
  readonly #headers: Record<string, string>;
  readonly #log: Logger;
  readonly #stopping = new AbortController();
  #failing = false;

  constructor(options: { gatewayUrl: string; apiKey: string | undefined; log: Logger }) {
    this.#url = new URL('/v1/metrics', options.gatewayUrl).href;
    this.#log = options.log;
    this.#headers = {
      'content-type': 'application/json',
      ...(options.apiKey === undefined ? {} : { authorization: `Bearer ${options.apiKey}` }),
    };
  }

  async push(clock: DemoClock, atMs: number): Promise<void> {
    try {
      const signal = AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(timeoutMs)]);
      const body = JSON.stringify(trainingRequest(clock, atMs));
      const response = await fetch(this.#url, { method: 'POST', headers: this.#headers, body, signal });
      await response.body?.cancel();
      if (!response.ok) throw new Error(`the gateway answered ${response.status}`);
      this.#failing = false;
    } catch (error) {
      // Once an outage, not once a step: the gateway may start after the demo.
      if (!this.#failing && !this.#stopping.signal.aborted)
        this.#log.info({ err: error }, 'the demo trainer could not push its metrics yet');
      this.#failing = true;
    }
  }

  stop(): void {
    this.#stopping.abort();
  }
}
