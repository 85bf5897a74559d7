import type { Feature } from './features.ts';

/** An aggregation operator: what the checker enforces and the editor shows. */
export interface AggregationSignature {
  readonly name: string;
  /** Kind of the parameter that stands before the vector, if any. */
  readonly parameter: 'scalar' | 'string' | undefined;
  readonly doc: string;
  readonly example: string;
  /** Works where the feature `promql-experimental-functions` is on. */
  readonly experimental: boolean;
}

const row = (
  name: string,
  parameter: AggregationSignature['parameter'],
  doc: string,
  example: string,
  experimental = false,
): AggregationSignature => ({ name, parameter, doc, example, experimental });

const rows: readonly AggregationSignature[] = [
  row('avg', undefined, 'Mean over the group.', 'avg by (hostname) (DCGM_FI_DEV_GPU_UTIL)'),
  row('bottomk', 'scalar', 'The k smallest series of the group.', 'bottomk(5, DCGM_FI_DEV_GPU_UTIL)'),
  row('count', undefined, 'Number of series in the group.', 'count by (job) (up)'),
  row('count_values', 'string', 'Number of series with the same value.', 'count_values("version", build_version)'),
  row('group', undefined, '1 for each group.', 'group by (job) (up)'),
  row(
    'limit_ratio',
    'scalar',
    'About this share (0 to 1) of the series, always the same ones; a negative ratio takes the others.',
    'limit_ratio(0.1, up)',
    true,
  ),
  row('limitk', 'scalar', 'k series of the group, whichever come first.', 'limitk(3, up)', true),
  row('max', undefined, 'Largest value of the group.', 'max by (queue) (pending)'),
  row('min', undefined, 'Smallest value of the group.', 'min by (queue) (pending)'),
  row('quantile', 'scalar', 'Quantile (0 to 1) over the group.', 'quantile(0.9, DCGM_FI_DEV_GPU_UTIL)'),
  row('stddev', undefined, 'Population standard deviation over the group.', 'stddev by (job) (step_seconds)'),
  row('stdvar', undefined, 'Population variance over the group.', 'stdvar by (job) (step_seconds)'),
  row('sum', undefined, 'Sum over the group.', 'sum by (job) (rate(http_requests_total[5m]))'),
  row('topk', 'scalar', 'The k largest series of the group.', 'topk(10, rate(xid_errors_total[1h]))'),
];

/** Every aggregation operator, by name. */
export const aggregationTable: ReadonlyMap<string, AggregationSignature> = new Map(
  rows.map((entry) => [entry.name, entry]),
);

/** A binary operator. Operators of a higher level bind closer; those of one level from left to right, but `^`. */
export interface OperatorDescription {
  readonly name: string;
  readonly kind: 'arithmetic' | 'comparison' | 'set' | 'trim';
  readonly level: number;
  readonly doc: string;
  readonly example: string;
}

const operator = (
  name: string,
  kind: OperatorDescription['kind'],
  level: number,
  doc: string,
  example: string,
): OperatorDescription => ({ name, kind, level, doc, example });

const operators = [
  operator('^', 'arithmetic', 6, 'Power; binds from right to left.', 'a ^ 2'),
  operator('*', 'arithmetic', 5, 'Product.', 'up * on (instance) group_left (model) gpu_info'),
  operator('/', 'arithmetic', 5, 'Quotient.', 'errors_total / requests_total'),
  operator('%', 'arithmetic', 5, 'Remainder, with the sign of the left side.', 'time() % 3600'),
  operator('atan2', 'arithmetic', 5, 'Angle of the point (right, left), in radians.', 'y atan2 x'),
  operator('+', 'arithmetic', 4, 'Sum.', 'a + b'),
  operator('-', 'arithmetic', 4, 'Difference; before an expression, its negative.', 'a - b'),
  operator('==', 'comparison', 3, 'Equal.', 'up == 0'),
  operator('!=', 'comparison', 3, 'Not equal.', 'up != 1'),
  operator('<', 'comparison', 3, 'Smaller.', 'a < 5'),
  operator('<=', 'comparison', 3, 'Smaller or equal.', 'a <= 5'),
  operator('>', 'comparison', 3, 'Larger.', 'DCGM_FI_DEV_GPU_TEMP > 85'),
  operator('>=', 'comparison', 3, 'Larger or equal.', 'a >= bool 5'),
  operator('</', 'trim', 3, 'Cuts native histograms above a value; floats give nothing.', 'a </ 5'),
  operator('>/', 'trim', 3, 'Cuts native histograms below a value; floats give nothing.', 'a >/ 5'),
  operator('and', 'set', 2, 'Series of the left side that have a match on the right.', 'a and on (instance) b'),
  operator('unless', 'set', 2, 'Series of the left side that have no match on the right.', 'a unless on (instance) b'),
  operator('or', 'set', 1, 'Series of the left side, and those of the right that have no match.', 'a or vector(0)'),
] as const;

/** Every binary operator, by name. */
export const operatorTable: ReadonlyMap<string, OperatorDescription> = new Map(
  operators.map((entry) => [entry.name, entry]),
);

/** A word or sign that changes what stands before or behind it. */
export interface ModifierDescription {
  readonly name: string;
  readonly doc: string;
  readonly example: string;
  /** The feature that must be on, if any. */
  readonly feature: Feature | undefined;
}

const modifier = (name: string, doc: string, example: string, feature?: Feature): ModifierDescription => ({
  name,
  doc,
  example,
  feature,
});

const modifiers: readonly ModifierDescription[] = [
  modifier('offset', 'Looks so much earlier; a negative one later.', 'rate(x_total[5m] offset 1d)'),
  modifier('@', 'Looks at one time: unix seconds, start() or end() of the query.', 'x @ end()'),
  modifier('bool', 'A comparison gives 1 or 0 instead of dropping series.', 'a > bool b'),
  modifier('by', 'Groups by these labels.', 'sum by (job) (up)'),
  modifier('without', 'Groups by all labels but these.', 'sum without (instance) (up)'),
  modifier('on', 'Series match when they agree on these labels.', 'a * on (instance) b'),
  modifier('ignoring', 'Series match when they agree on all labels but these.', 'a * ignoring (gpu) b'),
  modifier(
    'group_left',
    'Many series on the left match one; takes over labels from it.',
    'a * on (instance) group_left (model) b',
  ),
  modifier(
    'group_right',
    'Many series on the right match one; takes over labels from it.',
    'a * on (instance) group_right (model) b',
  ),
  modifier(
    'anchored',
    'The last sample before the range stands for its beginning: nothing is extrapolated.',
    'increase(x_total[5m] anchored)',
    'promql-extended-range-selectors',
  ),
  modifier(
    'smoothed',
    'Values at the edges of the range are interpolated between the samples around them.',
    'rate(x_total[5m] smoothed)',
    'promql-extended-range-selectors',
  ),
  modifier(
    'fill',
    'This value stands in for a series that is missing on either side.',
    'a + fill (0) b',
    'promql-binop-fill-modifiers',
  ),
  modifier(
    'fill_left',
    'This value stands in for a series that is missing on the left.',
    'a + fill_left (0) b',
    'promql-binop-fill-modifiers',
  ),
  modifier(
    'fill_right',
    'This value stands in for a series that is missing on the right.',
    'a + fill_right (0) b',
    'promql-binop-fill-modifiers',
  ),
];

/** Every modifier, by name. */
export const modifierTable: ReadonlyMap<string, ModifierDescription> = new Map(
  modifiers.map((entry) => [entry.name, entry]),
);

/** Words that the editor colours and completes beside functions and aggregations. */
export const keywords: readonly string[] = [...operatorTable.keys(), ...modifierTable.keys()].filter((name) =>
  /^[a-z]/.test(name),
);
