import { setTimeout as delay } from 'node:timers/promises';
import { createLeaderLock, type LeaderLock } from '@binnacle/db/state/leader-lock.ts';
import type { Logger } from 'pino';
import type { GatewaySettings } from '../config/settings.ts';

/** Keys of the advisory locks of Postgres that gateways on one telemetry store take turns by. */
const lockKeys = { tables: 0x62_69_6e_62, retention: 0x62_69_6e_63 } as const;

/**
 * The lock for some work on a telemetry store that several gateways may share: one by URL, with one Postgres for all of them.
 * Undefined where there is nobody to take turns with.
 */
export function sharedStoreLock(
  { clickhouseUrl, databaseUrl }: Pick<GatewaySettings, 'clickhouseUrl' | 'databaseUrl'>,
  work: keyof typeof lockKeys,
): LeaderLock | undefined {
  if (clickhouseUrl === undefined || databaseUrl === undefined) return undefined;
  return createLeaderLock(databaseUrl, lockKeys[work]);
}

/**
 * Runs work while no other gateway does: waits for the lock, and gives it back. While Postgres is away the work is done without it:
 * ingest must not wait for Postgres, and each step of the schema may run again.
 */
export async function inTurn<T>(
  lock: Pick<LeaderLock, 'hold' | 'release'>,
  log: Pick<Logger, 'info' | 'warn'>,
  work: () => Promise<T>,
  pollMs = 250,
): Promise<T> {
  try {
    let said = false;
    while (!(await lock.hold())) {
      if (!said) log.info({}, 'another gateway looks after the tables of the telemetry store: waiting for it');
      said = true;
      await delay(pollMs);
    }
  } catch (error) {
    log.warn({ err: error }, 'Postgres is away: the tables of the telemetry store are looked after without its lock');
  }
  try {
    return await work();
  } finally {
    await lock.release();
  }
}
