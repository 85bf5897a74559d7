import type { Random } from './random.ts';
import type { Family, World } from './random-data.ts';

/** What the engines under comparison can be asked. */
export interface Reach {
  /** Functions and aggregations of the language that one of them lacks. */
  readonly without: ReadonlySet<string>;
  /**
   * Whether one of them is Prometheus 2.42. Then queries stay off what versions are known to answer differently: see
   * `prometheus-2-42.ts`. Where they do not, nothing of the language is left out.
   */
  readonly prometheus2: boolean;
}

/** Where in an expression something stands. */
export interface Place {
  /** How many more levels of functions and operators may follow. */
  readonly depth: number;
  /** Whether a subquery is around it. */
  readonly nested: boolean;
}

const ranges = ['20s', '45s', '1m', '90s', '2m', '5m', '5m', '10m', '17m', '40m', '1h10m'] as const;
const shortRanges = ['45s', '1m', '90s', '2m', '5m', '10m'] as const;
const subqueryRanges = ['1m', '2m', '5m', '11m', '20m'] as const;
const subquerySteps = ['10s', '15s', '30s', '37s', '1m', '2m', ''] as const;
const offsets = ['1s', '17s', '1m', '5m', '13m', '1h', '-15s', '-1m', '-7m'] as const;

/** Writes selectors, ranges and modifiers over the metrics of a world. */
export class SelectorWriter {
  readonly #random: Random;
  readonly #world: World;
  readonly #reach: Reach;

  constructor(random: Random, world: World, reach: Reach) {
    this.#random = random;
    this.#world = world;
    this.#reach = reach;
  }

  family(kind?: Family['kind']): Family {
    const families = this.#world.families;
    return this.#random.pick(kind === undefined ? families : families.filter((family) => family.kind === kind));
  }

  /** `metric{matchers}` without modifiers. */
  bare(family: Family): string {
    const random = this.#random;
    const matchers: string[] = [];
    for (const [label, values] of Object.entries(family.labels)) {
      if (!random.chance(label === 'le' ? 0.03 : 0.22)) continue;
      const value = random.pick(values);
      const other = random.pick(values);
      matchers.push(
        random.weighted([
          [4, `${label}="${value}"`],
          [2, `${label}!="${value}"`],
          [2, `${label}=~"${value}|${other}"`],
          [1, `${label}=~".+${value.slice(-1)}"`],
          [1, `${label}!~"${value.slice(0, 1)}.*"`],
          [1, `${label}=~".*"`],
        ]),
      );
    }
    if (random.chance(0.04)) matchers.push(random.pick(['nowhere=""', 'nowhere!="x"', 'nowhere=~".*"', 'nowhere="x"']));
    const braces = matchers.length > 0 ? `{${matchers.join(',')}}` : '';
    if (random.chance(0.05)) return `{__name__="${family.name}"${matchers.map((matcher) => `,${matcher}`).join('')}}`;
    return `${family.name}${braces}`;
  }

  /** A selector with whatever modifiers. */
  instant(family: Family, place: Place): string {
    return `${this.bare(family)}${this.modifiers(place, 'selector')}`;
  }

  /** `metric[range]` with whatever modifiers. */
  range(family: Family, place: Place, pinned = true): string {
    const random = this.#random;
    const range = random.pick(place.nested ? shortRanges : ranges);
    const written =
      this.#reach.prometheus2 || random.chance(0.93) ? range : `${range} + ${random.pick(['step()', '15', '1s * 2'])}`;
    return `${this.bare(family)}[${written}]${this.modifiers(place, 'selector', pinned)}`;
  }

  /** What follows the expression of a subquery. */
  subquery(place: Place, pinned = true): string {
    const random = this.#random;
    const step = random.pick(subquerySteps);
    return `[${random.pick(subqueryRanges)}:${step}]${this.modifiers(place, 'subquery', pinned)}`;
  }

  /** `offset` and `@` in either order; `pinned` where an `@` may stand. */
  modifiers(place: Place, of: 'selector' | 'subquery', pinned = true): string {
    const random = this.#random;
    const parts: string[] = [];
    let offset: string | undefined = random.chance(0.15) ? random.pick(offsets) : undefined;
    // The steps around a nested subquery are whole seconds; this keeps the ends of its windows off its own steps.
    if (of === 'subquery' && place.nested && this.#reach.prometheus2) offset = `${random.whole(1, 90)}s625ms`;
    if (offset !== undefined) parts.push(` offset ${offset}`);
    if (pinned && random.chance(0.08)) parts.push(` @ ${this.#at()}`);
    const extended = of === 'selector' && !this.#reach.prometheus2 && random.chance(0.03);
    const order = random.chance(0.5) ? parts : parts.reverse();
    return `${extended ? random.pick([' anchored', ' smoothed']) : ''}${order.join('')}`;
  }

  #at(): string {
    const { startMs, endMs } = this.#world;
    if (this.#random.chance(0.5)) return this.#random.pick(['start()', 'end()']);
    const seconds = this.#random.whole(Math.floor(startMs / 1000) + 1800, Math.floor(endMs / 1000));
    return `${seconds}.${this.#reach.prometheus2 ? '875' : this.#random.pick(['000', '250', '875'])}`;
  }
}
