import type { TelemetryStore } from '@binnacle/db/telemetry/store.ts';
import { observeCounter, observeGauge } from '../telemetry/instruments.ts';

/** Metrics of what is acknowledged and waits on disk for the table. Returns how to end them. */
export function observeSpool(store: Pick<TelemetryStore, 'spool'>): () => void {
  const ends = [
    observeGauge('binnacle_spool_bytes', (set) => {
      const spool = store.spool();
      if (spool !== undefined) set(spool.bytes);
    }),
    observeGauge('binnacle_spool_samples', (set) => {
      const spool = store.spool();
      if (spool !== undefined) set(spool.samples);
    }),
    observeGauge('binnacle_spool_oldest_seconds', (set) => {
      const spool = store.spool();
      if (spool !== undefined && spool.samples > 0) set(spool.oldestAgeMs / 1000);
    }),
    observeCounter('binnacle_spool_damaged_blocks_total', (set) => {
      const spool = store.spool();
      if (spool !== undefined) set(spool.damagedBlocks);
    }),
  ];
  return () => {
    for (const end of ends) end();
  };
}
