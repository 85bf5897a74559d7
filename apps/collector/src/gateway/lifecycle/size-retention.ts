import type { LeaderLock } from '@binnacle/db/state/leader-lock.ts';
import type { TelemetryStore } from '@binnacle/db/telemetry/store.ts';
import type { Logger } from 'pino';
import { addToCounter, observeGauge } from '../../telemetry/instruments.ts';

export interface SizeRetentionOptions {
  readonly store: Pick<TelemetryStore, 'dropOldest'>;
  /** Undefined drops nothing; what the store takes is looked up all the same. */
  readonly retentionBytes: number | undefined;
  /** Where several gateways share the store: who holds it drops, the others only look. */
  readonly lock?: Pick<LeaderLock, 'hold' | 'release'> | undefined;
  readonly log: Logger;
  readonly intervalMs?: number;
}

export interface SizeRetention {
  /** Looks now, and drops what is too much. */
  check(): Promise<void>;
  stop(): Promise<void>;
}

/** Once a minute, looks up what the telemetry store takes on disk, and drops what is oldest where that is too much. */
export function startSizeRetention(options: SizeRetentionOptions): SizeRetention {
  const { store, retentionBytes = Number.POSITIVE_INFINITY, lock, log, intervalMs = 60_000 } = options;
  let bytes: number | undefined;
  let tooMuch = false;
  let running: Promise<void> | undefined;
  const unobserve = observeGauge('binnacle_store_bytes', (set) => {
    if (bytes !== undefined) set(bytes);
  });
  const look = async () => {
    // Two that measure and drop at once would drop twice. Nobody drops while Postgres cannot say whose turn it is.
    const mine = lock === undefined || (await lock.hold().catch(() => false));
    const size = await store.dropOldest(mine ? retentionBytes : Number.POSITIVE_INFINITY);
    bytes = size.bytes;
    if (size.droppedBytes > 0) {
      addToCounter('binnacle_retention_dropped_bytes_total', size.droppedBytes);
      log.warn(
        { ...size, retentionBytes },
        'the oldest telemetry was dropped: the store took more than retentionBytes',
      );
    }
    const still = size.bytes > retentionBytes;
    if (still && !tooMuch) {
      log.warn({ bytes, retentionBytes }, 'what is not old enough to be dropped takes more than retentionBytes');
    }
    tooMuch = still;
  };
  const check = () => {
    running ??= look()
      .catch((error: unknown) => {
        // Unknown, until it can be looked up again.
        bytes = undefined;
        log.warn({ err: error }, 'what the telemetry store takes could not be looked up');
      })
      .finally(() => {
        running = undefined;
      });
    return running;
  };
  const timer = setInterval(() => void check(), intervalMs);
  timer.unref();
  void check();
  return {
    check,
    stop: async () => {
      clearInterval(timer);
      unobserve();
      await running;
      await lock?.release();
    },
  };
}
