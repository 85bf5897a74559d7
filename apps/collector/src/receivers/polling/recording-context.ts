import type { TelemetryRecord } from '@binnacle/shared/telemetry/records.ts';
import { isStale, type SampleBatch } from '@binnacle/shared/telemetry/sample-batch.ts';
import pino from 'pino';
import type { ReceiverContext } from '../receiver.ts';

export interface RecordingContext extends ReceiverContext {
  readonly batches: readonly SampleBatch[];
  readonly putRecords: readonly TelemetryRecord[];
  /** Resolves once so many batches have been written. */
  writes(count: number): Promise<void>;
  /** Resolves once the condition holds; asked after every write. */
  until(condition: () => boolean): Promise<void>;
  /** Value of a series in the newest batch that has it, stale markers left out. */
  newest(name: string, labels: Record<string, string>): number | undefined;
  /** Whether the newest sample of a series is a stale marker. */
  isStale(name: string, labels: Record<string, string>): boolean;
  /** Labels of the live series of the newest batch. */
  newestSeries(): Record<string, string>[];
}

/** For tests: a sink in memory, with a clock of its own if one is given. */
export function recordingContext(now: () => number = Date.now): RecordingContext {
  const batches: SampleBatch[] = [];
  const putRecords: TelemetryRecord[] = [];
  const waiting = new Set<() => void>();
  const wrote = () => {
    for (const wake of waiting) wake();
  };
  const find = (name: string, labels: Record<string, string>): { batch: SampleBatch; row: number } | undefined => {
    const wanted = JSON.stringify(Object.entries({ ...labels, __name__: name }).sort());
    for (const batch of batches.toReversed()) {
      for (let row = 0; row < batch.length; row++) {
        const series = batch.series[batch.seriesOf[row] as number];
        if (series !== undefined && JSON.stringify(Object.entries(series.toObject()).sort()) === wanted)
          return { batch, row };
      }
    }
    return undefined;
  };
  const until = async (condition: () => boolean): Promise<void> => {
    while (!condition()) {
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.add(resolve);
      await promise;
      waiting.delete(resolve);
    }
  };
  return {
    batches,
    putRecords,
    now,
    log: pino({ level: 'silent' }),
    sink: {
      write: async (batch) => {
        batches.push(batch);
        queueMicrotask(wrote);
        return { accepted: batch.length, refused: [] };
      },
    },
    records: {
      putRecords: async (records) => {
        putRecords.push(...records);
        queueMicrotask(wrote);
      },
    },
    writes: (count) => until(() => batches.length >= count),
    until,
    newest: (name, labels) => {
      const found = find(name, labels);
      return found === undefined || isStale(found.batch.valueWords, found.row)
        ? undefined
        : found.batch.values[found.row];
    },
    isStale: (name, labels) => {
      const found = find(name, labels);
      return found !== undefined && isStale(found.batch.valueWords, found.row);
    },
    newestSeries: () => {
      const batch = batches.at(-1);
      if (batch === undefined) return [];
      const live: Record<string, string>[] = [];
      for (let row = 0; row < batch.length; row++) {
        const series = batch.series[batch.seriesOf[row] as number];
        if (series !== undefined && !isStale(batch.valueWords, row)) live.push(series.toObject());
      }
      return live;
    },
  };
}
