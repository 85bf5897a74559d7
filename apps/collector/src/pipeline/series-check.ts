import type { LabelSet } from '@binnacle/shared/telemetry/labels.ts';
import type { SampleBatch } from '@binnacle/shared/telemetry/sample-batch.ts';
import type { RefusalReason } from '../receivers/receiver.ts';
import type { Limits } from './limits.ts';

const generationMs = 3_600_000;

/** What the checks said of one LabelSet object, so that a series seen before costs one lookup. */
interface Verdict {
  readonly reason: RefusalReason | undefined;
  readonly hash: number;
  source: SourceSeries | undefined;
  generation: number;
}

/** Series of one source: those of the running generation and of the one before. */
interface SourceSeries {
  current: Set<number>;
  previous: Set<number>;
  /** What a series table notes of a series that passed for this source within this generation. */
  stamp: number;
}

/** Never 0, and never the same twice in a process: tables may see several checks. */
let lastStamp = 0;

/**
 * Checks the labels of series and counts the active ones, in all and for each source. A series is active for one to two
 * hours after its last sample: counts move in generations of an hour, so no timer and no time per series is kept.
 */
export class SeriesCheck {
  readonly #limits: Limits;
  readonly #verdicts = new WeakMap<LabelSet, Verdict>();
  readonly #sources = new Map<string, SourceSeries>();
  #generation = 0;
  #active = 0;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** Active series over all sources; a series that two sources write counts twice. */
  get active(): number {
    return this.#active;
  }

  /** Active series of one source, by `receiver/source`. */
  activeOf(sourceName: string): number {
    const source = this.#sources.get(sourceName);
    return source === undefined ? 0 : source.current.size + source.previous.size;
  }

  /** Starts a new generation when the hour has changed. Call once per batch. */
  tick(nowMs: number): void {
    const generation = Math.floor(nowMs / generationMs);
    if (generation === this.#generation) return;
    const adjacent = generation === this.#generation + 1;
    this.#generation = generation;
    this.#active = 0;
    for (const [name, series] of this.#sources) {
      series.previous = adjacent ? series.current : new Set();
      series.current = new Set();
      series.stamp = ++lastStamp;
      this.#active += series.previous.size;
      if (series.previous.size === 0) this.#sources.delete(name);
    }
  }

  /** The check of each series of a batch; of a batch whose decoder numbers its series, one look at a number where it passed before. */
  checkOf({ series, table, numbers }: SampleBatch, sourceName: string): (index: number) => RefusalReason | undefined {
    if (table === undefined || numbers === undefined) return (i) => this.check(series[i] as LabelSet, sourceName);
    const { stamp } = this.#source(sourceName);
    return (i) => {
      const number = numbers[i] as number;
      if (table.checked[number] === stamp) return undefined;
      const reason = this.check(series[i] as LabelSet, sourceName);
      if (reason === undefined) table.checked[number] = stamp;
      return reason;
    };
  }

  /** Why the series is refused, or undefined. `sourceName` is `receiver/source`. */
  check(labels: LabelSet, sourceName: string): RefusalReason | undefined {
    let verdict = this.#verdicts.get(labels);
    if (verdict === undefined) {
      verdict = {
        reason: labelsFault(labels, this.#limits),
        hash: hash53(labels.key),
        source: undefined,
        generation: -1,
      };
      this.#verdicts.set(labels, verdict);
    }
    if (verdict.reason !== undefined) return verdict.reason;
    const source = this.#source(sourceName);
    if (verdict.source === source && verdict.generation === this.#generation) return undefined;
    const known = source.current.has(verdict.hash) || source.previous.has(verdict.hash);
    if (!known) {
      const size = source.current.size + source.previous.size;
      if (size >= this.#limits.activeSeriesPerSource || this.#active >= this.#limits.activeSeries)
        return 'too_many_series';
      this.#active++;
    }
    source.previous.delete(verdict.hash);
    source.current.add(verdict.hash);
    verdict.source = source;
    verdict.generation = this.#generation;
    return undefined;
  }

  #source(name: string): SourceSeries {
    let source = this.#sources.get(name);
    if (source === undefined) {
      source = { current: new Set(), previous: new Set(), stamp: ++lastStamp };
      this.#sources.set(name, source);
    }
    return source;
  }
}

/** First fault of the labels, in the order of RefusalReason. */
export function labelsFault(labels: LabelSet, limits: Limits): RefusalReason | undefined {
  const { pairs } = labels;
  if (labels.metricName === '') return 'no_metric_name';
  let previous = '';
  for (let i = 0; i < pairs.length; i += 2) {
    const name = pairs[i] as string;
    if (name.length > limits.labelNameCharacters) return 'label_too_long';
    // Any text is a name, as in Prometheus 3; half of a surrogate pair is none.
    if (name === '' || !name.isWellFormed()) return 'bad_label_name';
    if (i > 0 && name === previous) return 'duplicate_label';
    previous = name;
  }
  if (pairs.length / 2 > limits.labelsPerSeries) return 'too_many_labels';
  for (let i = 1; i < pairs.length; i += 2) {
    const value = pairs[i] as string;
    if (value.length > limits.labelValueCharacters) return 'label_too_long';
    if (!value.isWellFormed()) return 'bad_label_value';
  }
  return undefined;
}

/** 53 bits of a string's hash (cyrb53, public domain, by bryc): enough to count series with, never used as identity. */
function hash53(text: string): number {
  let high = 0xdeadbeef;
  let low = 0x41c6ce57;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    high = Math.imul(high ^ code, 2654435761);
    low = Math.imul(low ^ code, 1597334677);
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
  return 4294967296 * (2097151 & low) + (high >>> 0);
}
