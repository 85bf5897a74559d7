import type { Logger } from 'pino';
import type { Pipeline } from '../pipeline/pipeline.ts';
import type { OwnMetrics } from '../telemetry/metrics.ts';
import { SelfSamples } from '../telemetry/self-samples.ts';

export interface SelfWritesOptions {
  readonly pipeline: Pipeline;
  readonly metrics: OwnMetrics;
  /** The label `instance`. */
  readonly instance: string;
  readonly log: Logger;
  readonly now: () => number;
}

const intervalMs = 15_000;
/** A store that is away must not hold up the end. */
const lastWriteMs = 2000;

/**
 * Writes the gateway's own metrics into its store, so that its rules and pages can use them. Returns how to end it: with a
 * last write, so that the next process knows until when this one was there and what had come.
 */
export function startSelfWrites(options: SelfWritesOptions): () => Promise<void> {
  const samples = new SelfSamples({ job: 'binnacle', instance: options.instance });
  let writing: Promise<unknown> | undefined;
  const write = () => {
    writing ??= options.metrics
      .collect()
      .then((own) => options.pipeline.write(samples.batch(own, options.now()), { receiver: 'self', source: 'gateway' }))
      .catch((error: unknown) => options.log.debug({ err: error }, 'own metrics were not stored'))
      .finally(() => {
        writing = undefined;
      });
  };
  const timer = setInterval(write, intervalMs);
  write();
  return async () => {
    clearInterval(timer);
    await writing;
    write();
    let waiting: NodeJS.Timeout | undefined;
    const limit = new Promise((resolve) => {
      waiting = setTimeout(resolve, lastWriteMs);
    });
    await Promise.race([writing, limit]);
    clearTimeout(waiting);
  };
}
