import { Worker } from 'node:worker_threads';
import type { Logger } from 'pino';
import type { DemoClock } from '../clock.ts';
import type { BackfillOptions } from './backfill.ts';
import { type GatewayDoor, gatewayReady, hasHistory } from './gateway-door.ts';

const readyWithinMs = 5 * 60_000;
const historyMs = 60 * 60_000;
const stepSeconds = 30;

/** What the worker is told: everything of the options but the signal, which ends the worker as a whole. */
export interface BackfillJob {
  readonly startedAtMs: number;
  readonly options: Omit<BackfillOptions, 'signal'>;
}

/**
 * Gives a gateway that knows nothing of the demo its past hour. Never throws: a demo without a past is still a demo.
 * A worker does it, so that the demo answers meanwhile, and what the hour takes of memory is given back.
 */
export async function fillIfEmpty(clock: DemoClock, demoUrl: string, door: GatewayDoor, log: Logger): Promise<void> {
  // Counters of a restarted demo have no past, and its store remembers one.
  if (!clock.hasPast) return;
  const { startedAtMs } = clock;
  const { gatewayUrl, apiKey, signal } = door;
  try {
    if (!(await gatewayReady(door, readyWithinMs)))
      return log.warn('the gateway did not become ready: the demo has no past hour');
    if ((await hasHistory(door, startedAtMs)) === true) return;
    const began = performance.now();
    const options = { gatewayUrl, apiKey, demoUrl, fromMs: startedAtMs - historyMs, toMs: startedAtMs, stepSeconds };
    const samples = await inWorker({ startedAtMs, options }, signal);
    log.info(
      { samples, seconds: Math.round((performance.now() - began) / 100) / 10 },
      'the past hour of the demo is in the store',
    );
  } catch (error) {
    if (!signal?.aborted) log.warn({ err: error }, 'the past hour of the demo could not be sent');
  }
}

function inWorker(job: BackfillJob, signal: AbortSignal | undefined): Promise<number> {
  const worker = new Worker(new URL('./backfill-worker.ts', import.meta.url), { workerData: job });
  const end = () => worker.terminate();
  signal?.addEventListener('abort', end, { once: true });
  return new Promise<number>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`the worker ended with ${code}`)));
  }).finally(() => signal?.removeEventListener('abort', end));
}
