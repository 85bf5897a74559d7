import type { TelemetryRecord } from '@binnacle/shared/telemetry/records.ts';
import { pino } from 'pino';
import { RecordingSink } from '../contract/recording-sink.ts';
import type { Recall, ReceiverContext } from '../receiver.ts';

export interface Recorded extends ReceiverContext {
  readonly sink: RecordingSink;
  /** Newest value of the series that has these labels; undefined when it never came or is stale now. */
  value(name: string, labels?: Readonly<Record<string, string>>): number | undefined;
  /** Whether the series came and is stale now. */
  stale(name: string, labels?: Readonly<Record<string, string>>): boolean;
  /** Resolves when so many readings have been written. */
  readings(count: number): Promise<void>;
}

/** For tests of polled receivers: a context that keeps what it is given. */
export function recorded(now: () => number = Date.now, recall?: Recall): Recorded {
  const sink = new RecordingSink();
  const newest = (name: string, labels: Readonly<Record<string, string>> = {}) =>
    sink.find({ ...labels, __name__: name }).at(-1);
  return {
    sink,
    records: sink,
    ...(recall === undefined ? {} : { recall }),
    log: pino({ level: 'silent' }),
    now,
    value(name, labels) {
      const sample = newest(name, labels);
      return sample?.stale === false ? sample.value : undefined;
    },
    stale: (name, labels) => newest(name, labels)?.stale === true,
    readings: (count) => sink.until(() => sink.origins.length >= count),
  };
}

/** For tests of restarts: gives back of these records what a store would, which keeps the one put last of each key. */
export function recallOf(put: readonly TelemetryRecord[]): Recall {
  return async (kind, query) => {
    const standing = new Map(put.map((record) => [`${record.kind} ${record.cluster} ${record.key}`, record]));
    return [...standing.values()]
      .filter((record) => record.kind === kind && record.cluster === query.cluster)
      .filter(({ key }) => ('key' in query ? key === query.key : key.startsWith(query.keyPrefix)))
      .toSorted((a, b) => b.at - a.at || (a.key < b.key ? -1 : 1))
      .map((record) => structuredClone(record));
  };
}
