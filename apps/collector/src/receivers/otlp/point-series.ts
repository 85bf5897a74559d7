import type { InternedSeries, SeriesIntern } from '../../wire/series-intern.ts';
import { sortPairs } from '../../wire/series-intern.ts';

/**
 * The series that one data point's attributes lead to: one for a number; for a histogram or summary `_sum`, `_count` and
 * one for each bucket or quantile, made again when the bounds change.
 */
export class PointSeries {
  readonly #name: string;
  readonly #labels: ReadonlyMap<string, string>;
  readonly #intern: SeriesIntern<PointSeries>;
  readonly #made = new Map<string, InternedSeries>();
  /** Bucket bounds or quantiles that `parts` stands for. */
  #bounds: number[] = [];
  #parts: InternedSeries[] = [];

  constructor(name: string, labels: ReadonlyMap<string, string>, intern: SeriesIntern<PointSeries>) {
    this.#name = name;
    this.#labels = labels;
    this.#intern = intern;
  }

  /** The series with this suffix on its name. */
  suffixed(suffix: '' | '_sum' | '_count'): InternedSeries {
    let series = this.#made.get(suffix);
    if (series === undefined) {
      series = this.#make(suffix);
      this.#made.set(suffix, series);
    }
    return series;
  }

  /** Series of the buckets with these upper bounds, and of `+Inf` behind them. */
  buckets(bounds: readonly number[]): readonly InternedSeries[] {
    return this.#partsFor(bounds, () =>
      [...bounds, Number.POSITIVE_INFINITY].map((bound) => this.#make('_bucket', 'le', decimal(bound))),
    );
  }

  quantiles(quantiles: readonly number[]): readonly InternedSeries[] {
    return this.#partsFor(quantiles, () => quantiles.map((quantile) => this.#make('', 'quantile', decimal(quantile))));
  }

  /** The parts made last: what a point without a value says the end of. */
  get lastParts(): readonly InternedSeries[] {
    return this.#parts;
  }

  #partsFor(bounds: readonly number[], make: () => InternedSeries[]): readonly InternedSeries[] {
    const known = this.#bounds;
    let same = this.#parts.length > 0 && known.length === bounds.length;
    for (let i = 0; same && i < bounds.length; i++) same = known[i] === bounds[i];
    if (same) return this.#parts;
    this.#bounds = [...bounds];
    this.#parts = make();
    return this.#parts;
  }

  #make(suffix: string, label?: string, value?: string): InternedSeries {
    const labels = new Map(this.#labels);
    labels.set('__name__', this.#name + suffix);
    if (label !== undefined) labels.set(label, value as string);
    const { string } = this.#intern;
    return this.#intern.bySortedPairs(sortPairs([...labels].flat().map((text) => string.call(this.#intern, text))));
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
