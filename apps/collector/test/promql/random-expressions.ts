import { functionTable } from '@binnacle/promql/language/functions.ts';
import { aggregationTable } from '@binnacle/promql/language/operators.ts';
import type { Random } from './random.ts';
import type { World } from './random-data.ts';
import { type Place, type Reach, SelectorWriter } from './random-selectors.ts';

/** An expression that yields an instant vector, and the labels (without the name) that its series can differ by. */
interface Vector {
  readonly text: string;
  readonly labels: readonly string[];
}

const arithmetic = ['+', '-', '*', '/', '%', '^', 'atan2'] as const;
const comparison = ['==', '!=', '<', '<=', '>', '>='] as const;
const numbers = [
  '0',
  '1',
  '2',
  '-1',
  '0.5',
  '3',
  '10',
  '64',
  '100',
  '1e3',
  '-2.5',
  '0.1',
  '1e9',
  'Inf',
  'NaN',
] as const;
const quantiles = ['0', '0.1', '0.5', '0.9', '0.99', '1', '-0.5', '1.5'] as const;
const simpleAggregations = ['sum', 'avg', 'min', 'max', 'count', 'group', 'stddev', 'stdvar'] as const;

const dateFunctions: ReadonlySet<string> = new Set([
  'day_of_month',
  'day_of_week',
  'day_of_year',
  'days_in_month',
  'hour',
  'minute',
  'month',
  'year',
]);

/** Functions whose arguments need more than their types say; the others are written from the table. */
const special: ReadonlySet<string> = new Set([
  'label_replace',
  'label_join',
  'histogram_quantile',
  'histogram_quantiles',
  'histogram_fraction',
  'double_exponential_smoothing',
  'absent',
  'absent_over_time',
  'info',
  'sort_by_label',
  'sort_by_label_desc',
]);

/** Writes random expressions that are well typed and mostly have an answer. */
export class ExpressionWriter {
  readonly #random: Random;
  readonly #selectors: SelectorWriter;
  readonly #reach: Reach;
  readonly #pointwise: readonly string[];
  readonly #overRange: readonly string[];
  /** Scalars that say something of the query itself. */
  readonly #ofQuery: readonly string[];

  constructor(random: Random, world: World, reach: Reach) {
    this.#random = random;
    this.#reach = reach;
    this.#selectors = new SelectorWriter(random, world, reach);
    const callable = [...functionTable.values()].filter(({ name }) => !special.has(name) && !reach.without.has(name));
    this.#pointwise = callable.filter(({ args }) => args[0]?.kind === 'instant vector').map(({ name }) => name);
    this.#overRange = callable
      .filter(({ args }) => args.some(({ kind }) => kind === 'range vector'))
      .map(({ name }) => name);
    const ofQuery = callable.filter(
      ({ args, returns, name }) => args.length === 0 && returns === 'scalar' && name !== 'time',
    );
    this.#ofQuery = reach.prometheus2 ? [] : ofQuery.map(({ name }) => `${name}()`);
  }

  /** A whole query of about the given depth. */
  query(depth: number): string {
    const place = { depth, nested: false };
    return this.#random.chance(0.03) ? this.#scalar(place) : this.#vector(place).text;
  }

  /** A function of one range, `last` for a plain selector, as it is or folded: what a store may compute by itself. */
  plainQuery(name: string): string {
    const place = { depth: 0, nested: false };
    const family = this.#selectors.family();
    const range = () => `${name}(${this.#selectors.range(family, place)})`;
    const text = name === 'last' ? this.#selectors.instant(family, place) : range();
    if (this.#random.chance(0.4)) return text;
    return `${this.#random.pick(simpleAggregations)}${this.#grouping(Object.keys(family.labels)).text} (${text})`;
  }

  #vector(place: Place): Vector {
    const random = this.#random;
    if (place.depth <= 0) return this.#selector(place);
    const inner = { ...place, depth: place.depth - 1 };
    return random.weighted<() => Vector>([
      [2, () => this.#selector(place)],
      [9, () => this.#call(inner)],
      [4, () => this.#pointwiseCall(inner)],
      [7, () => this.#aggregation(inner)],
      [place.nested && this.#reach.prometheus2 ? 0 : 3, () => this.#selection(inner)],
      [4, () => this.#withScalar(inner)],
      [5, () => this.#matched(inner)],
      [2, () => this.#setOperation(inner)],
      [1, () => this.#labelEdit(inner)],
      [2, () => this.#histogram(inner)],
      [1, () => this.#absent(inner)],
      [1, () => ({ text: `vector(${this.#scalar(inner)})`, labels: [] })],
      [1, () => this.#negated(inner)],
    ])();
  }

  #negated(place: Place): Vector {
    const operand = this.#vector(place);
    return { ...operand, text: `-(${operand.text})` };
  }

  #bareSelector(): Vector {
    const family = this.#selectors.family();
    return { text: this.#selectors.bare(family), labels: Object.keys(family.labels) };
  }

  /** For Prometheus 2.42: only values within a bound, and so neither NaN nor infinities. */
  #bounded(text: string, bound: string): string {
    return this.#reach.prometheus2 ? `(${text}) > -${bound} < ${bound}` : text;
  }

  #selector(place: Place): Vector {
    const family = this.#selectors.family();
    return { text: this.#selectors.instant(family, place), labels: Object.keys(family.labels) };
  }

  #matrix(place: Place, pinned = true): Vector {
    if (place.depth > 0 && this.#random.chance(0.3)) {
      const inner = this.#vector({ depth: Math.min(place.depth - 1, 2), nested: true });
      return { text: `(${inner.text})${this.#selectors.subquery(place, pinned)}`, labels: inner.labels };
    }
    const family = this.#selectors.family();
    return { text: this.#selectors.range(family, place, pinned), labels: Object.keys(family.labels) };
  }

  #scalar(place: Place): string {
    const random = this.#random;
    if (place.depth <= 0) return random.pick(numbers);
    const inner = { ...place, depth: place.depth - 1 };
    return random.weighted<() => string>([
      [6, () => random.pick(numbers)],
      [1, () => random.pick(['time()', 'pi()', ...this.#ofQuery])],
      [2, () => `scalar(${this.#vector(inner).text})`],
      [1, () => `(${this.#scalar(inner)} ${random.pick(arithmetic)} ${this.#scalar(inner)})`],
      [1, () => `(${this.#scalar(inner)} ${random.pick(comparison)} bool ${this.#scalar(inner)})`],
    ])();
  }

  /** A function over a range vector. */
  #call(place: Place): Vector {
    const random = this.#random;
    const missing = this.#reach.without;
    if (!missing.has('double_exponential_smoothing') && random.chance(0.03)) {
      const { text, labels } = this.#matrix(place);
      return {
        text: `double_exponential_smoothing(${text}, 0.${random.whole(1, 9)}, 0.${random.whole(1, 9)})`,
        labels,
      };
    }
    const name = random.pick(this.#overRange);
    let labels: readonly string[] = [];
    const { args } = functionTable.get(name) ?? { args: [] };
    const texts = args.map(({ kind, name: argument }) => {
      if (kind === 'scalar') return argument === 'quantile' ? this.#quantile(place) : this.#scalar(place);
      // Beside an argument that moves, 2.42 gives a range with an @ to the first step only.
      const matrix = this.#matrix(place, !this.#reach.prometheus2 || args.length === 1);
      labels = matrix.labels;
      return matrix.text;
    });
    return { text: `${name}(${texts.join(', ')})`, labels };
  }

  #quantile(place: Place): string {
    return this.#random.chance(0.9) ? this.#random.pick(quantiles) : this.#scalar(place);
  }

  #pointwiseCall(place: Place): Vector {
    const name = this.#random.pick(this.#pointwise);
    const { args, optional } = functionTable.get(name) ?? { args: [], optional: 0 };
    const left = this.#random.chance(0.5) ? args : args.slice(0, Math.max(1, args.length - optional));
    let labels: readonly string[] = [];
    const texts = left.map(({ kind }) => {
      if (kind === 'scalar') return this.#scalar(place);
      const vector = name === 'timestamp' && this.#reach.prometheus2 ? this.#bareSelector() : this.#vector(place);
      labels = vector.labels;
      return dateFunctions.has(name) ? this.#bounded(vector.text, '1e11') : vector.text;
    });
    return { text: `${name}(${texts.join(', ')})`, labels };
  }

  #grouping(labels: readonly string[]): { text: string; labels: readonly string[] } {
    const random = this.#random;
    const named = random.some(labels);
    const extra = random.chance(0.05)
      ? ['nowhere']
      : !this.#reach.prometheus2 && random.chance(0.03)
        ? ['__name__']
        : [];
    const list = [...named, ...extra].join(', ');
    return random.weighted<() => { text: string; labels: readonly string[] }>([
      [2, () => ({ text: '', labels: [] })],
      [5, () => ({ text: ` by (${list})`, labels: named })],
      [3, () => ({ text: ` without (${list})`, labels: labels.filter((label) => !named.includes(label)) })],
    ])();
  }

  #aggregation(place: Place): Vector {
    const random = this.#random;
    const { text, labels } = this.#vector(place);
    const grouping = this.#grouping(labels);
    if (random.chance(0.1))
      return { text: `quantile${grouping.text} (${this.#quantile(place)}, ${text})`, labels: grouping.labels };
    if (random.chance(0.06))
      return this.#countValues(this.#reach.prometheus2 ? this.#bareSelector() : { text: `round(${text})`, labels });
    const name = random.pick(simpleAggregations);
    const operand = name.startsWith('std') ? this.#bounded(text, 'Inf') : text;
    return { text: `${name}${grouping.text} (${operand})`, labels: grouping.labels };
  }

  #countValues({ text, labels }: Vector): Vector {
    const grouping = this.#grouping(labels);
    // Values become labels, so only such are counted as no rounding changes.
    // 2.42 forgets grouping labels that sort after the new one, from the second step on.
    return { text: `count_values${grouping.text} ("zvalue", ${text})`, labels: [...grouping.labels, 'zvalue'] };
  }

  /** `topk` and its kind: the series stay what they are. */
  #selection(place: Place): Vector {
    const operators = ['topk', 'bottomk', 'limitk', 'limit_ratio'].filter(
      (name) => aggregationTable.has(name) && !this.#reach.without.has(name),
    );
    const { text, labels } = this.#vector(place);
    const operator = this.#random.pick(operators);
    const k = this.#random.pick(
      operator === 'limit_ratio' ? ['0.5', '-0.3', '1'] : ['1', '2', '3', '5', '0', '-1', '2.9'],
    );
    return { text: `${operator}${this.#grouping(labels).text} (${k}, ${text})`, labels };
  }

  #withScalar(place: Place): Vector {
    const random = this.#random;
    const { text, labels } = this.#vector(place);
    const operator = this.#elementOperator();
    const sides = [this.#operand(text, operator), this.#scalar(place)];
    return { text: (random.chance(0.7) ? sides : sides.reverse()).join(` ${operator} `), labels };
  }

  #elementOperator(): string {
    const random = this.#random;
    if (random.chance(0.6)) return random.pick(arithmetic);
    return `${random.pick(comparison)}${random.chance(0.5) ? ' bool' : ''}`;
  }

  /** Two vectors brought to labels on which they can be matched; sometimes left as they are. */
  #matched(place: Place): Vector {
    const random = this.#random;
    const operator = this.#elementOperator();
    const [left, right] = [this.#vector(place), this.#vector(place)];
    const many = this.#operand(left.text, operator);
    const other = this.#operand(right.text, operator);
    if (random.chance(0.12)) return { text: `${many} ${operator} ${other}`, labels: left.labels };
    const on = random.some(left.labels.filter((label) => right.labels.includes(label)));
    const by = `by (${on.join(', ')})`;
    const one = `${random.pick(['sum', 'max', 'avg', 'count'])} ${by} ${other}`;
    if (random.chance(0.5)) {
      const matching = random.pick(['', ` on (${on.join(', ')})`, ' ignoring (nowhere)']);
      return { text: `max ${by} ${many} ${operator}${matching}${this.#fill()} ${one}`, labels: on };
    }
    const include = random.chance(0.3) && !on.includes('job') ? 'job' : '';
    const others = left.labels.filter((label) => !on.includes(label));
    const matching = random.chance(0.7) ? `on (${on.join(', ')})` : `ignoring (${others.join(', ')})`;
    const [a, b, group] = random.chance(0.5) ? [many, one, 'left'] : [one, many, 'right'];
    return {
      text: `${a} ${operator} ${matching} group_${group} (${include})${this.#fill()} ${b}`,
      labels: left.labels,
    };
  }

  #fill(): string {
    if (this.#reach.prometheus2 || this.#random.chance(0.85)) return '';
    return ` ${this.#random.pick(['fill', 'fill_left', 'fill_right'])} (${this.#random.pick(['0', '-1', 'NaN'])})`;
  }

  /** An operand in parentheses; 2.42 keeps its metric name through `atan2`, so the name goes before. */
  #operand(text: string, operator: string): string {
    return operator === 'atan2' && this.#reach.prometheus2 ? `((${text}) * 1)` : `(${text})`;
  }

  #setOperation(place: Place): Vector {
    const random = this.#random;
    const left = this.#vector(place);
    const right = this.#vector(place);
    const common = left.labels.filter((label) => right.labels.includes(label));
    const on = random.some(common).join(', ');
    const matching = random.pick(['', ` on (${on})`, ` ignoring (${on})`]);
    return {
      text: `(${left.text}) ${random.pick(['and', 'or', 'unless'])}${matching} (${right.text})`,
      labels: left.labels,
    };
  }

  #labelEdit(place: Place): Vector {
    const random = this.#random;
    const { text, labels } = this.#vector(place);
    const source = random.pick(['job', 'instance', 'nowhere', 'code']);
    if (random.chance(0.5)) {
      const pattern = random.pick(['(.*)', '(.*):(.*)', 'a(.*)', '.+', '', '(?P<first>.).*']);
      const replacement = random.pick(['$1', '$1-$2', 'fixed', '', '$first', `$\{1}x`]);
      const target = random.pick(['fresh', 'fresh', 'zone', source]);
      return { text: `label_replace(${text}, "${target}", "${replacement}", "${source}", "${pattern}")`, labels };
    }
    return { text: `label_join(${text}, "fresh", "${random.pick(['-', '', '/'])}", "job", "${source}")`, labels };
  }

  #histogram(place: Place): Vector {
    const random = this.#random;
    const family = this.#selectors.family('buckets');
    const range = `${random.pick(['rate', 'increase', 'sum_over_time'])}(${this.#selectors.range(family, { ...place, depth: 0 })})`;
    const by = random.pick([['le'], ['le', 'job'], undefined]);
    const buckets = by === undefined ? range : `sum by (${by.join(', ')}) (${range})`;
    const labels = by === undefined || by.length > 1 ? ['job'] : [];
    const odd = random.chance(0.1) ? this.#vector(place).text : undefined;
    const fraction = !this.#reach.without.has('histogram_fraction') && random.chance(0.3);
    const several = !this.#reach.without.has('histogram_quantiles') && random.chance(0.15);
    if (several) return { text: `histogram_quantiles(${buckets}, "q", 0.5, 0.9)`, labels: [...labels, 'q'] };
    if (fraction)
      return {
        text: `histogram_fraction(${random.pick(['0', '0.2', '-Inf'])}, ${random.pick(['0.7', '5', 'Inf'])}, ${buckets})`,
        labels,
      };
    return {
      text: `histogram_quantile(${this.#quantile(place)}, ${odd ?? buckets})`,
      labels: odd === undefined ? labels : [],
    };
  }

  #absent(place: Place): Vector {
    const random = this.#random;
    const selector = random.chance(0.5)
      ? 'nothing{job="api",zone=~"x"}'
      : this.#selectors.bare(this.#selectors.family());
    if (random.chance(0.5))
      return { text: `absent(${random.chance(0.5) ? selector : this.#vector(place).text})`, labels: [] };
    return { text: `absent_over_time(${selector}[${random.pick(['30s', '5m'])}])`, labels: [] };
  }
}
