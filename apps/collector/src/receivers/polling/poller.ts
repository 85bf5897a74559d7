import { BinnacleError } from '@binnacle/shared/errors.ts';
import type { MetricMetadata, SampleBatch } from '@binnacle/shared/telemetry/sample-batch.ts';
import { recordSeconds } from '../../telemetry/instruments.ts';
import type { Receiver, ReceiverContext, SourceStatus } from '../receiver.ts';
import { orAborted } from './or-aborted.ts';
import { RecordMemory } from './record-memory.ts';
import { type Round, SeriesMemory } from './round.ts';

export interface PollerOptions {
  readonly receiver: string;
  /** Unique within the receiver; bounded by configuration. */
  readonly source: string;
  /** Labels from the configuration; `cluster` among them is the source's cluster. */
  readonly labels: Readonly<Record<string, string>>;
  /** Shown on the Sources page; no secrets. */
  readonly address: string;
  readonly intervalSeconds: number;
  readonly timeoutSeconds: number;
  /** Labels of the `up` series. */
  readonly up: { readonly job: string; readonly instance: string };
  readonly metadata: readonly MetricMetadata[];
  /** Reads the source once. Throws when it did not answer; must give up when the signal fires. */
  read(round: Round, signal: AbortSignal): Promise<void>;
  /** Called after the samples and records of a reading are stored: the place to move offsets on. */
  stored?(): void;
}

/** A source that announces changes is read again at most this often. */
const calmestMs = 1000;

/** One source that is asked at an interval. Readings never overlap; `stop` ends the one under way. */
export class Poller {
  readonly #options: PollerOptions;
  readonly #context: ReceiverContext;
  readonly #memory: SeriesMemory;
  readonly #records = new RecordMemory();
  readonly #stopping = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #again = false;
  #startedAt = Number.NEGATIVE_INFINITY;
  #described = false;
  #state: SourceStatus['state'] = 'waiting';
  #lastSampleAt: number | null = null;
  #lastError: string | null = null;

  constructor(options: PollerOptions, context: ReceiverContext) {
    this.#options = options;
    this.#context = context;
    this.#memory = new SeriesMemory(options.labels);
  }

  start(): void {
    this.#schedule(0);
  }

  /** Reads soon: now, after the reading under way, or a second after the last one began, for sources that nag. */
  poke(): void {
    if (this.#running === undefined) this.#schedule(this.#calmMs());
    else this.#again = true;
  }

  #schedule(waitMs: number): void {
    if (this.#stopping.signal.aborted) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#startedAt = performance.now();
      this.#running = this.#poll().finally(() => {
        this.#running = undefined;
        const untilNext = this.#startedAt + this.#options.intervalSeconds * 1000 - performance.now();
        this.#schedule(this.#again ? this.#calmMs() : Math.max(0, untilNext));
        this.#again = false;
      });
    }, waitMs);
  }

  #calmMs(): number {
    const calm = Math.min(calmestMs, this.#options.intervalSeconds * 1000);
    return Math.max(0, this.#startedAt + calm - performance.now());
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    clearTimeout(this.#timer);
    await this.#running;
  }

  status(): SourceStatus {
    const { receiver, source, labels, address, intervalSeconds } = this.#options;
    return {
      receiver,
      source,
      cluster: labels.cluster ?? '',
      state: this.#state,
      lastSampleAt: this.#lastSampleAt,
      lastError: this.#lastError,
      address,
      intervalSeconds,
    };
  }

  async #poll(): Promise<void> {
    // The reading begins after `#running` is set, so that a poke out of it is seen as one.
    await undefined;
    const startedAt = performance.now();
    const round = this.#memory.begin(this.#context.now());
    const timeout = AbortSignal.timeout(this.#options.timeoutSeconds * 1000);
    const signal = AbortSignal.any([this.#stopping.signal, timeout]);
    try {
      await orAborted(this.#options.read(round, signal), signal);
    } catch (error) {
      if (this.#stopping.signal.aborted) return;
      round.abandon(
        timeout.aborted ? `No complete answer within ${this.#options.timeoutSeconds} s.` : this.#sentence(error),
      );
    }
    if (this.#stopping.signal.aborted) return;
    const stored = await this.#store(round);
    // `up` without a sample in the store would be a claim; a failed reading is down whatever became of its `up 0`.
    if (round.failed) this.#state = 'down';
    else if (stored === null || stored.kept) {
      this.#state = 'up';
      this.#lastSampleAt = round.atMs;
    }
    this.#lastError = round.problem ?? stored?.problem ?? null;
    recordSeconds('binnacle_receiver_poll_duration_seconds', (performance.now() - startedAt) / 1000, {
      receiver: this.#options.receiver,
      outcome: round.failed ? 'failed' : 'ok',
    });
  }

  /** null when everything was stored; otherwise what was not, and whether samples were kept all the same. */
  async #store(round: Round): Promise<{ readonly kept: boolean; readonly problem: string } | null> {
    const batch: SampleBatch = round.toBatch(this.#options.up);
    if (!this.#described) batch.metadata.push(...this.#options.metadata);
    const { receiver, source } = this.#options;
    try {
      const { refused } = await this.#context.sink.write(batch, { receiver, source });
      this.#described = true;
      const changed = this.#records.changed(round.records);
      if (changed.length > 0) await this.#context.records.putRecords(changed);
      this.#records.remember(round.records);
      if (!round.failed) this.#options.stored?.();
      const first = refused[0];
      return first === undefined
        ? null
        : { kept: true, problem: `The store refused ${first.count} samples: ${first.reason}.` };
    } catch (error) {
      this.#context.log.warn({ receiver, source, err: error }, 'a reading could not be stored');
      return { kept: false, problem: `What was read could not be stored: ${this.#sentence(error)}` };
    }
  }

  #sentence(error: unknown): string {
    if (error instanceof BinnacleError) return error.message;
    const { receiver, source } = this.#options;
    this.#context.log.error({ receiver, source, err: error }, 'a reading failed in a way nobody foresaw');
    return 'The reading failed unexpectedly; the log of the collector has the details.';
  }
}

/** The receiver that a set of sources makes. */
export function polledReceiver(pollers: readonly Poller[]): Receiver {
  return {
    start() {
      for (const poller of pollers) poller.start();
    },
    async stop() {
      await Promise.all(pollers.map((poller) => poller.stop()));
    },
    sources: () => pollers.map((poller) => poller.status()),
  };
}
