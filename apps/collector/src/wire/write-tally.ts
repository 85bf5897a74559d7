/** Why a decoder leaves something out while it takes the rest. */
export type DecodeRefusal = 'no_metric_name' | 'bad_label_ref' | 'bad_histogram' | 'bad_exemplar';

export interface DecodeRefusals {
  samples: number;
  histograms: number;
  exemplars: number;
  /** The first one, for the sender to find it. */
  readonly example: string;
}

/** What a write request holds besides plain samples: which rows of its batch are whose, and what was left out. */
export class WriteTally {
  /** Rows [starts[i], ends[i]) of the batch are those of histogram i. */
  readonly starts: number[] = [];
  readonly ends: number[] = [];
  readonly refused = new Map<DecodeRefusal, DecodeRefusals>();

  refuse(reason: DecodeRefusal, what: 'samples' | 'histograms' | 'exemplars', count: number, example: string): void {
    if (count === 0) return;
    let known = this.refused.get(reason);
    if (known === undefined) {
      known = { samples: 0, histograms: 0, exemplars: 0, example: example.slice(0, 300) };
      this.refused.set(reason, known);
    }
    known[what] += count;
  }
}
