import { BinnacleError } from '@binnacle/shared/errors.ts';
import type { RecordKind, TelemetryRecord } from '@binnacle/shared/telemetry/records.ts';
import type { RecallQuery, ReceiverContext } from '../receiver.ts';
import { orAborted } from './or-aborted.ts';

export interface RecollectionOptions {
  readonly kind: RecordKind;
  readonly query: RecallQuery;
  /** The source, for the log. */
  readonly source: string;
  /** A reading never waits longer than this for it. */
  readonly timeoutMs: number;
}

/**
 * What the store knows of one source from before this start. It is asked for at every reading until it came, and then
 * never again. Until then nobody knows what is new: a receiver must neither judge nor overwrite what it would remember.
 */
export class Recollection {
  readonly #context: ReceiverContext;
  readonly #options: RecollectionOptions;
  #complete = false;
  #complained = false;

  constructor(context: ReceiverContext, options: RecollectionOptions) {
    this.#context = context;
    this.#options = options;
  }

  /**
   * null when the source is remembered; otherwise why it is not, as the end of a sentence. `take` is called once, with
   * the records newest first, before this resolves for the first time with null. Rejects when the signal fires.
   */
  async problem(take: (records: readonly TelemetryRecord[]) => void, signal: AbortSignal): Promise<string | null> {
    if (this.#complete) return null;
    const { kind, query, source, timeoutMs } = this.#options;
    const timeout = AbortSignal.timeout(timeoutMs);
    let records: TelemetryRecord[];
    try {
      const ending = AbortSignal.any([signal, timeout]);
      records = await orAborted(this.#context.recall?.(kind, query, ending) ?? Promise.resolve([]), ending);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (!this.#complained)
        this.#context.log.warn({ source, err: error }, 'what was stored before cannot be recalled; trying on');
      this.#complained = true;
      if (timeout.aborted) return `the store did not answer within ${timeoutMs / 1000} s.`;
      return error instanceof BinnacleError ? error.message : 'the log of the collector has the details.';
    }
    take(records);
    this.#complete = true;
    if (this.#complained) this.#context.log.info({ source }, 'what was stored before is remembered now');
    return null;
  }
}
