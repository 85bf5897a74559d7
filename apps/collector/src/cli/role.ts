import type { Logger } from 'pino';
import type { Config } from '../config/schema.ts';
import { logLevel } from '../config/settings.ts';
import { createLog } from '../telemetry/log.ts';
import { version } from './version.ts';

/** The log of a role, as the settings want it. */
export function roleLog(role: string, config?: Config): Logger {
  const pretty = process.stderr.isTTY === true || process.env.BINNACLE_LOG_PRETTY === '1';
  return createLog({ level: logLevel(process.env, config), role, pretty });
}

/** The role's own metrics; the SDK is loaded here, so that commands that end at once go without. */
export async function roleMetrics(role: string) {
  const { startMetrics } = await import('../telemetry/metrics.ts');
  return startMetrics(role, version);
}

/** npm, shells and wrappers pass on a signal that the terminal sent to everybody: the same stop, told twice. */
const echoMs = 2000;

/**
 * Waits for a stop signal, or for the parent that started this process over IPC to be gone, then stops. A second signal,
 * if it is not the echo of the first, ends at once: `atOnce` then kills, without waiting, what must not be left behind.
 * Resolves when everything has stopped. A promise that failed and that nobody waited for is an error in the log from here
 * on: ending the process for it would take everything else along.
 */
export async function runUntilStopped(log: Logger, stop: () => Promise<void>, atOnce?: () => void): Promise<void> {
  process.on('unhandledRejection', (error) => log.error({ err: error }, 'something failed that nobody waited for'));
  let first: number | undefined;
  const reason = await new Promise<string>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        first ??= performance.now();
        if (performance.now() - first > echoMs) {
          atOnce?.();
          process.exit(1);
        }
        resolve(signal);
      });
    }
    if (process.connected) process.once('disconnect', () => resolve('the supervisor is gone'));
  });
  log.info({ reason }, 'stopping');
  await stop();
  log.info('stopped');
}

/** Tells the supervisor, if there is one, that this process does its work now. */
export function tellReady(message: Readonly<Record<string, unknown>>): void {
  if (process.connected) process.send?.({ ready: true, ...message });
}
