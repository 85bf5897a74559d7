import type { RefusalReason, SampleOrigin } from '../receivers/receiver.ts';

/** What has come from one source since this process began. */
export interface SourceFreshness {
  readonly receiver: string;
  readonly source: string;
  /** Samples accepted. */
  accepted: number;
  /** Samples refused, by reason. */
  readonly refused: Map<RefusalReason, number>;
  /** ms since 1970, of the newest sample taken in; null before the first. */
  lastSampleAt: number | null;
}

const maxSources = 10_000;

/** Freshness of each (receiver, source): what the Sources page and the counters of the pipeline read. */
export class FreshnessTable {
  readonly #sources = new Map<string, SourceFreshness>();

  /** Entry of a source, made at its first batch. Sources come from configuration; past 10,000 they share one entry. */
  entry(origin: SampleOrigin): SourceFreshness {
    const key = `${origin.receiver}/${origin.source}`;
    const known = this.#sources.get(key);
    if (known !== undefined) return known;
    if (this.#sources.size >= maxSources && origin.source !== 'other') {
      return this.entry({ receiver: origin.receiver, source: 'other' });
    }
    const entry: SourceFreshness = {
      receiver: origin.receiver,
      source: origin.source,
      accepted: 0,
      refused: new Map(),
      lastSampleAt: null,
    };
    this.#sources.set(key, entry);
    return entry;
  }

  all(): Iterable<SourceFreshness> {
    return this.#sources.values();
  }

  of(receiver: string, source: string): SourceFreshness | undefined {
    return this.#sources.get(`${receiver}/${source}`);
  }
}
