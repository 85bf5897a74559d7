import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Logger } from 'pino';
import type { DemoClock } from '../clock.ts';
import type { BackfillOptions } from './backfill.ts';
import { type GatewayDoor, gatewayReady, hasHistory } from './gateway-door.ts';

const readyWithinMs = 5 * 60_000;
const historyMs = 60 * 60_000;
const stepSeconds = 30;

/** What the process is told: everything of the options but the signal, which ends the process as a whole. */
export interface BackfillJob {
  readonly startedAtMs: number;
  readonly options: Omit<BackfillOptions, 'signal'>;
}

/**
 * Gives a gateway that knows nothing of the demo its past hour. Never throws: a demo without a past is still a demo.
 * A process of its own does it, so that the demo answers meanwhile, and what the hour takes of memory is given back.
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
    const samples = await inProcess({ startedAtMs, options }, signal);
    log.info(
      { samples, seconds: Math.round((performance.now() - began) / 100) / 10 },
      'the past hour of the demo is in the store',
    );
  } catch (error) {
    if (!signal?.aborted) log.warn({ err: error }, 'the past hour of the demo could not be sent');
  }
}

/** What the process says at its end. */
export type BackfillOutcome = { readonly samples: number } | { readonly failed: string };

const script = fileURLToPath(new URL('./backfill-process.ts', import.meta.url));

function inProcess(job: BackfillJob, signal: AbortSignal | undefined): Promise<number> {
  // The job goes over IPC: it may hold a key, and a command line is for everyone to read.
  const child = fork(script, { execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const end = () => child.kill('SIGKILL');
  signal?.addEventListener('abort', end, { once: true });
  child.send(job);
  return new Promise<number>((resolve, reject) => {
    child.once('message', (outcome: BackfillOutcome) => {
      if ('samples' in outcome) resolve(outcome.samples);
      else reject(new Error(outcome.failed));
    });
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the process ended with ${code}`)));
  }).finally(() => signal?.removeEventListener('abort', end));
}
