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

/**
 * Waits for a stop signal, or for the parent that started this process over IPC to be gone, then stops. A second signal
 * ends at once. Resolves when everything has stopped.
 */
export async function runUntilStopped(log: Logger, stop: () => Promise<void>): Promise<void> {
  const reason = await new Promise<string>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve(signal));
    if (process.connected) process.once('disconnect', () => resolve('the supervisor is gone'));
  });
  log.info({ reason }, 'stopping');
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
  await stop();
  log.info('stopped');
}

/** Tells the supervisor, if there is one, that this process does its work now. */
export function tellReady(message: Readonly<Record<string, unknown>>): void {
  if (process.connected) process.send?.({ ready: true, ...message });
}
