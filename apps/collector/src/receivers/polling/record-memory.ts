import { createHash } from 'node:crypto';
import type { TelemetryRecord } from '@binnacle/shared/telemetry/records.ts';

/** Knows which records the store already has, so that an unchanged one is not written at every reading. */
export class RecordMemory {
  #digests = new Map<string, string>();

  /** Records that are new or differ (time included) from what was last remembered. */
  changed(records: readonly TelemetryRecord[]): TelemetryRecord[] {
    return records.filter((record) => this.#digests.get(identity(record)) !== digest(record));
  }

  /** Call after the store took them. Records that a later reading lacks are forgotten. */
  remember(records: readonly TelemetryRecord[]): void {
    this.#digests = new Map(records.map((record) => [identity(record), digest(record)]));
  }
}

function identity(record: TelemetryRecord): string {
  return `${record.kind}\u0000${record.cluster}\u0000${record.key}`;
}

function digest(record: TelemetryRecord): string {
  return createHash('sha256')
    .update(JSON.stringify([record.at, record.body]))
    .digest('base64');
}
