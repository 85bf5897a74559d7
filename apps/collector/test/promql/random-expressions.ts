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

  constructor(random: Random, world: World, reach: Reach) {
    this.#random = random;
    this.#reach = reach;
    this.#selectors = new SelectorWriter(random, world, reach);
    const callable = [...functionTable.values()].filter(({ name }) => !special.has(name) && !reach.without.has(name));
    this.#pointwise = callable.filter(({ args }) => args[0]?.kind === 'instant vector').map(({ name }) => name);
    this.#overRange = callable
      .filter(({ args }) => args.some(({ kind }) => kind === 'range vector'))
      .map((f) => f.name);
  }

  /** A whole query of about the given depth. */
  query(depth: number): string {
    const place = { depth, nested: false };
    return this.#random.chance(0.03) ? this.#scalar(place) : this.#vector(place).text;
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
      [3, () => this.#selection(inner)],
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

  #selector(place: Place): Vector {
    const family = this.#selectors.family();
    return { text: this.#selectors.instant(family, place), labels: Object.keys(family.labels) };
  }

  #matrix(place: Place): Vector {
    if (place.depth > 0 && this.#random.chance(0.3)) {
      const inner = this.#vector({ depth: Math.min(place.depth - 1, 2), nested: true });
      return { text: `(${inner.text})${this.#selectors.subquery(place)}`, labels: inner.labels };
    }
    const family = this.#selectors.family();
    return { text: this.#selectors.range(family, place), labels: Object.keys(family.labels) };
  }

  #scalar(place: Place): string {
    const random = this.#random;
    if (place.depth <= 0) return random.pick(numbers);
    const inner = { ...place, depth: place.depth - 1 };
    return random.weighted<() => string>([
      [6, () => random.pick(numbers)],
      [1, () => random.pick(['time()', 'pi()'])],
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
    const args = (functionTable.get(name)?.args ?? []).map(({ kind, name: argument }) => {
      if (kind === 'scalar') return argument === 'quantile' ? this.#quantile(place) : this.#scalar(place);
      const matrix = this.#matrix(place);
      labels = matrix.labels;
      return matrix.text;
    });
    return { text: `${name}(${args.join(', ')})`, labels };
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
      const vector = this.#vector(place);
      labels = vector.labels;
      return vector.text;
    });
    return { text: `${name}(${texts.join(', ')})`, labels };
  }

  #grouping(labels: readonly string[]): { text: string; labels: readonly string[] } {
    const random = this.#random;
    const named = random.some(labels);
    const extra = random.chance(0.05) ? ['nowhere'] : this.#reach.names && random.chance(0.03) ? ['__name__'] : [];
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
      return { text: `count_values${grouping.text} ("value", ${text})`, labels: [...grouping.labels, 'value'] };
    return { text: `${random.pick(simpleAggregations)}${grouping.text} (${text})`, labels: grouping.labels };
  }

  /** `topk` and its kind: the series stay what they are. */
  #selection(place: Place): Vector {
    const operators = ['topk', 'bottomk', 'limitk'].filter(
      (name) => aggregationTable.has(name) && !this.#reach.without.has(name),
    );
    const { text, labels } = this.#vector(place);
    const k = this.#random.pick(['1', '2', '3', '5', '0', '-1', '2.9']);
    return { text: `${this.#random.pick(operators)}${this.#grouping(labels).text} (${k}, ${text})`, labels };
  }

  #withScalar(place: Place): Vector {
    const random = this.#random;
    const { text, labels } = this.#vector(place);
    const operator = this.#elementOperator();
    const sides = [`(${text})`, this.#scalar(place)];
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
    const left = this.#vector(place);
    const right = this.#vector(place);
    const operator = this.#elementOperator();
    if (random.chance(0.12)) return { text: `(${left.text}) ${operator} (${right.text})`, labels: left.labels };
    const common = left.labels.filter((label) => right.labels.includes(label));
    const on = random.some(common);
    const one = `${random.pick(['sum', 'max', 'avg', 'count'])} by (${on.join(', ')}) (${right.text})`;
    if (random.chance(0.5)) {
      const many = `max by (${on.join(', ')}) (${left.text})`;
      const matching = random.pick(['', ` on (${on.join(', ')})`, ' ignoring (nowhere)']);
      return { text: `${many} ${operator}${matching} ${one}`, labels: on };
    }
    const include = random.chance(0.3) && !on.includes('job') ? 'job' : '';
    const [a, b, group] = random.chance(0.5) ? [`(${left.text})`, one, 'left'] : [one, `(${left.text})`, 'right'];
    const others = left.labels.filter((label) => !on.includes(label));
    const matching = random.chance(0.7) ? `on (${on.join(', ')})` : `ignoring (${others.join(', ')})`;
    return { text: `${a} ${operator} ${matching} group_${group} (${include}) ${b}`, labels: left.labels };
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
