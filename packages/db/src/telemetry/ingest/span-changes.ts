import type { SeriesEntry } from '@binnacle/shared/telemetry/reader.ts';
import { bytesOf, mapColumn, type NativeColumn, nativeBlock, stringColumn } from '../native/native-writer.ts';
import type { LabelIndex } from '../series/label-index.ts';

export const seriesColumns = ['id', 'metric', 'labels'] as const;
export const spanColumns = ['series', 'first_b', 'last_b'] as const;

/** Series that are new or reach into new buckets with the group being inserted. */
export class SpanChanges {
  readonly #index: LabelIndex;
  readonly #numbers = new Map<number, number>();
  readonly #first: number[] = [];
  readonly #last: number[] = [];
  /** All buckets that the group has samples in. */
  readonly buckets = new Set<number>();

  constructor(index: LabelIndex) {
    this.#index = index;
  }

  add(at: number, bucket: number): void {
    const place = this.#numbers.get(at);
    if (place === undefined) {
      this.#numbers.set(at, this.#first.push(bucket) - 1);
      this.#last.push(bucket);
      return;
    }
    if (bucket < (this.#first[place] as number)) this.#first[place] = bucket;
    if (bucket > (this.#last[place] as number)) this.#last[place] = bucket;
  }

  /** A block of rows for `series`, of those that the store does not have yet; empty where there are none. */
  seriesBlock(): Uint8Array[] {
    const entries: SeriesEntry[] = [];
    for (const at of this.#numbers.keys()) {
      if (this.#index.isNew(at)) entries.push(this.#index.entries[at] as SeriesEntry);
    }
    if (entries.length === 0) return [];
    const columns: NativeColumn[] = [
      { name: 'id', type: 'UInt64', data: [bytesOf(BigUint64Array.from(entries, (entry) => entry.id))] },
      { name: 'metric', type: 'String', data: stringColumn(entries.map((entry) => entry.labels.metricName)) },
      { name: 'labels', type: 'Map(String, String)', data: mapColumn(entries.map((entry) => entry.labels.pairs)) },
    ];
    return nativeBlock(entries.length, columns);
  }

  /** A block of rows for `series_span`; empty where nothing changed. */
  spanBlock(): Uint8Array[] {
    const rows = this.#numbers.size;
    if (rows === 0) return [];
    const ids = BigUint64Array.from(this.#numbers.keys(), (at) => (this.#index.entries[at] as SeriesEntry).id);
    return nativeBlock(rows, [
      { name: 'series', type: 'UInt64', data: [bytesOf(ids)] },
      { name: 'first_b', type: 'UInt32', data: [bytesOf(Uint32Array.from(this.#first))] },
      { name: 'last_b', type: 'UInt32', data: [bytesOf(Uint32Array.from(this.#last))] },
    ]);
  }

  /** Makes the changes known to readers; call once they are stored. */
  commit(): void {
    for (const [at, place] of this.#numbers) {
      this.#index.extend(at, this.#first[place] as number, this.#last[place] as number);
    }
  }
}
