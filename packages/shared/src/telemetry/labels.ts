/**
 * Labels of one series: a flat list `[name, value, name, value, …]`, sorted by name in code-unit order, names unique,
 * empty values left out, `__name__` included. The data model is Prometheus'.
 */
export type LabelPairs = readonly string[];

// A lone surrogate: no text that was decoded from UTF-8 holds one, so no name or value can imitate a boundary.
const separator = '\udfff';

/**
 * The labels of one series. Decoders intern one object per series and hand the same object over again, so that a store
 * can keep its series id in `storeSlot` and skip the lookup: no string is hashed for a series seen before.
 */
export class LabelSet {
  readonly pairs: LabelPairs;
  /** Free for the store that the process writes to; nobody else reads or writes it. */
  storeSlot: unknown = undefined;
  #key: string | undefined;

  /** `pairs` must already be sorted and clean: decoders sort, `labelsFromObject` does both. */
  constructor(pairs: LabelPairs) {
    this.pairs = pairs;
  }

  /** Identity of the series as one string; equal labels give equal keys. */
  get key(): string {
    this.#key ??= this.pairs.join(separator);
    return this.#key;
  }

  /** Value of a label, or undefined where the series lacks it. */
  get(name: string): string | undefined {
    const { pairs } = this;
    for (let i = 0; i < pairs.length; i += 2) if (pairs[i] === name) return pairs[i + 1];
    return undefined;
  }

  get metricName(): string {
    return this.get('__name__') ?? '';
  }

  toObject(): Record<string, string> {
    const object: Record<string, string> = {};
    for (let i = 0; i < this.pairs.length; i += 2) object[this.pairs[i] as string] = this.pairs[i + 1] as string;
    return object;
  }
}

/** Sorted, clean labels from a plain object; empty values mean "no such label", as in Prometheus. */
export function labelsFromObject(object: Readonly<Record<string, string>>): LabelSet {
  const pairs: string[] = [];
  for (const name of Object.keys(object).sort()) {
    const value = object[name];
    if (value !== undefined && value !== '') pairs.push(name, value);
  }
  return new LabelSet(pairs);
}
