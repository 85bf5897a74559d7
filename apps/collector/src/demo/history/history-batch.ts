import { type LabelSet, labelsFromObject } from '@binnacle/shared/telemetry/labels.ts';
import { SampleBatch } from '@binnacle/shared/telemetry/sample-batch.ts';

/** Series of the history, interned over all its slices: labels are sorted once, and encoded once. */
export class HistorySeries {
  readonly #known = new Map<string, LabelSet>();

  /** `key` names the series within the caller's; `labels` is asked only the first time. */
  intern(key: string, labels: () => Record<string, string>): LabelSet {
    let set = this.#known.get(key);
    if (set === undefined) {
      set = labelsFromObject(labels());
      this.#known.set(key, set);
    }
    return set;
  }
}

/** Samples of one slice of time on their way into one write request. */
export class HistoryBatch {
  readonly batch = new SampleBatch(65_536);
  readonly #rows = new Map<LabelSet, number>();

  add(labels: LabelSet, atMs: number, value: number): void {
    let row = this.#rows.get(labels);
    if (row === undefined) {
      row = this.batch.addSeries(labels);
      this.#rows.set(labels, row);
    }
    this.batch.append(row, atMs, value);
  }

  /** Takes over a parsed exposition; its label sets are interned by its cache. */
  addBatch(parsed: SampleBatch): void {
    for (let i = 0; i < parsed.length; i++)
      this.add(
        parsed.series[parsed.seriesOf[i] as number] as LabelSet,
        parsed.timestamps[i] as number,
        parsed.values[i] as number,
      );
  }
}

/** Writes what a source would have given at a moment. */
export type HistorySource = (atMs: number, into: HistoryBatch) => void;
