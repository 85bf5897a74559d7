import { type InternedSeries, type SeriesIntern, sortPairs } from '../../wire/series-intern.ts';
import type { DeltaTotal } from './delta-total.ts';

const noKey = new DataView(new ArrayBuffer(0));

/** What one data point's attributes lead to within a metric: the series of its samples, and its running total. */
export class PointSeries {
  /** Where the attributes stand; the table's own. */
  keyView: DataView = noKey;
  keyStart = 0;
  keyLength = 0;
  generation: object | undefined = undefined;
  /** Of a gauge or sum; null for the others. */
  readonly number: InternedSeries | null;
  /** Of a histogram or summary; null for the others. */
  readonly parts: SeriesParts | null;
  /** Kept while delta points come. */
  total: DeltaTotal | null = null;

  /** The series that stands for all of them. */
  get canonical(): InternedSeries {
    return this.number ?? (this.parts as SeriesParts).count;
  }

  constructor(number: InternedSeries | null, parts: SeriesParts | null) {
    this.number = number;
    this.parts = parts;
  }
}

/** The series of a histogram or summary: `_sum`, `_count` and one for each bucket or quantile. */
export class SeriesParts {
  readonly #name: string;
  /** Without a name; sorted. */
  readonly #pairs: readonly string[];
  readonly #intern: SeriesIntern;
  readonly #bounds: number[] = [];
  #buckets: readonly InternedSeries[] = [];
  #gone: readonly InternedSeries[] = [];
  readonly sum: InternedSeries;
  readonly count: InternedSeries;

  constructor(name: string, pairs: readonly string[], intern: SeriesIntern) {
    this.#name = name;
    this.#pairs = pairs;
    this.#intern = intern;
    this.sum = this.#make('_sum');
    this.count = this.#make('_count');
  }

  /**
   * Series of the buckets with these upper bounds, and of `+Inf` behind them. When the bounds changed, the series that
   * are no longer among them are handed out once by `takeGone`.
   */
  buckets(bounds: readonly number[]): readonly InternedSeries[] {
    return this.#same(bounds)
      ? this.#buckets
      : this.#change(
          bounds,
          [...bounds, Number.POSITIVE_INFINITY].map((bound) => this.#make('_bucket', 'le', decimal(bound))),
        );
  }

  quantiles(quantiles: readonly number[]): readonly InternedSeries[] {
    return this.#same(quantiles)
      ? this.#buckets
      : this.#change(
          quantiles,
          quantiles.map((quantile) => this.#make('', 'quantile', decimal(quantile))),
        );
  }

  /** The buckets or quantiles made last: what a point without a value says the end of. */
  get last(): readonly InternedSeries[] {
    return this.#buckets;
  }

  /** Series that ended with the last change of bounds; empty the next time. */
  takeGone(): readonly InternedSeries[] {
    const gone = this.#gone;
    if (gone.length > 0) this.#gone = [];
    return gone;
  }

  #same(bounds: readonly number[]): boolean {
    const known = this.#bounds;
    if (this.#buckets.length === 0 || known.length !== bounds.length) return false;
    for (let i = 0; i < bounds.length; i++) if (known[i] !== bounds[i]) return false;
    return true;
  }

  #change(bounds: readonly number[], made: readonly InternedSeries[]): readonly InternedSeries[] {
    const kept = new Set(made);
    this.#gone = this.#buckets.filter((series) => !kept.has(series));
    this.#bounds.length = 0;
    for (const bound of bounds) this.#bounds.push(bound);
    this.#buckets = made;
    return made;
  }

  #make(suffix: string, label?: 'le' | 'quantile', value?: string): InternedSeries {
    const pairs = ['__name__', this.#intern.string(this.#name + suffix)];
    const own = this.#pairs;
    for (let i = 0; i < own.length; i += 2) if (own[i] !== label) pairs.push(own[i] as string, own[i + 1] as string);
    if (label !== undefined) pairs.push(label, this.#intern.string(value as string));
    return this.#intern.bySortedPairs(sortPairs(pairs));
  }
}

/** The shortest decimal text without an exponent, as Prometheus writes bounds that come by OTLP. */
export function decimal(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  const text = String(value);
  const match = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text);
  if (match === null) return text;
  const [, sign = '', first = '', rest = '', exponent = '0'] = match;
  const digits = first + rest;
  const point = 1 + Number(exponent);
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  return `${sign}${digits.padEnd(point, '0')}`;
}
