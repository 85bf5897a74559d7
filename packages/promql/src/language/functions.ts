/** Types of PromQL values, as the documentation names them. */
export type ValueKind = 'scalar' | 'instant vector' | 'range vector' | 'string';

/** One row of the function table: what the checker enforces and the editor shows. */
export interface FunctionSignature {
  readonly name: string;
  readonly args: readonly { readonly name: string; readonly kind: ValueKind }[];
  /** How many of the last arguments may be left out. */
  readonly optional: number;
  /** Whether the last argument may be repeated. */
  readonly repeats: boolean;
  /** How many arguments there may be; Infinity where the last one repeats without end. */
  readonly most: number;
  readonly returns: ValueKind;
  /** One sentence, for people. */
  readonly doc: string;
  readonly example: string;
  /** May change or go: works where the feature `promql-experimental-functions` is on. */
  readonly experimental: boolean;
}

type Signature = `${string}(${string}): ${ValueKind}`;

const kinds: Readonly<Record<string, ValueKind>> = {
  v: 'instant vector',
  range: 'range vector',
  s: 'scalar',
  string: 'string',
};

/**
 * A row from its short form: `name(argument kind, …): result`. `?` after a name makes it optional, `…` lets the last one
 * repeat, `…9` up to nine times; kinds are `v` (instant vector), `range`, `s` (scalar), `string`.
 */
function row(signature: Signature, doc: string, example: string, experimental = false): FunctionSignature {
  const open = signature.indexOf('(');
  const close = signature.lastIndexOf('): ');
  const written = signature.slice(open + 1, close);
  const args = written === '' ? [] : written.split(', ').map((part) => part.split(' ') as [string, string]);
  const repeat = /…(\d*)$/.exec(args.at(-1)?.[0] ?? '');
  return {
    name: signature.slice(0, open),
    args: args.map(([name, kind]) => ({ name: name.replace(/(?:\?|…\d*)$/, ''), kind: kinds[kind] as ValueKind })),
    optional: args.filter(([name]) => /[?…]/.test(name)).length,
    repeats: repeat !== null,
    most:
      repeat === null ? args.length : repeat[1] === '' ? Number.POSITIVE_INFINITY : args.length - 1 + Number(repeat[1]),
    returns: signature.slice(close + 3) as ValueKind,
    doc,
    example,
    experimental,
  };
}

const rows: readonly FunctionSignature[] = [
  row('abs(v v): instant vector', 'Absolute value of each sample.', 'abs(delta(node_temp_celsius[1h]))'),
  row(
    'absent(v v): instant vector',
    '1 with the labels of the selector where it selects nothing, nothing otherwise.',
    'absent(up{job="dcgm"})',
  ),
  row(
    'absent_over_time(range range): instant vector',
    '1 where the range holds no sample at all.',
    'absent_over_time(up{job="dcgm"}[10m])',
  ),
  row('acos(v v): instant vector', 'Arc cosine, in radians.', 'acos(ratio)'),
  row('acosh(v v): instant vector', 'Inverse hyperbolic cosine.', 'acosh(x)'),
  row('asin(v v): instant vector', 'Arc sine, in radians.', 'asin(ratio)'),
  row('asinh(v v): instant vector', 'Inverse hyperbolic sine.', 'asinh(x)'),
  row('atan(v v): instant vector', 'Arc tangent, in radians.', 'atan(x)'),
  row('atanh(v v): instant vector', 'Inverse hyperbolic tangent.', 'atanh(x)'),
  row(
    'avg_over_time(range range): instant vector',
    'Mean of the samples in the range.',
    'avg_over_time(DCGM_FI_DEV_GPU_UTIL[15m])',
  ),
  row('ceil(v v): instant vector', 'Rounds up to the next whole number.', 'ceil(v)'),
  row(
    'changes(range range): instant vector',
    'How often the value changed in the range.',
    'changes(kube_pod_status_ready[1h])',
  ),
  row(
    'clamp(v v, min s, max s): instant vector',
    'Limits values to [min, max]; nothing where min > max.',
    'clamp(v, 0, 100)',
  ),
  row('clamp_max(v v, max s): instant vector', 'Limits values to at most max.', 'clamp_max(v, 100)'),
  row('clamp_min(v v, min s): instant vector', 'Limits values to at least min.', 'clamp_min(v, 0)'),
  row('cos(v v): instant vector', 'Cosine of radians.', 'cos(v)'),
  row('cosh(v v): instant vector', 'Hyperbolic cosine.', 'cosh(v)'),
  row('count_over_time(range range): instant vector', 'Number of samples in the range.', 'count_over_time(up[5m])'),
  row(
    'day_of_month(v? v): instant vector',
    'Day of the month, 1 to 31, of unix times (or now) in UTC.',
    'day_of_month()',
  ),
  row('day_of_week(v? v): instant vector', 'Day of the week, 0 (Sunday) to 6, in UTC.', 'day_of_week()'),
  row('day_of_year(v? v): instant vector', 'Day of the year, 1 to 366, in UTC.', 'day_of_year()'),
  row('days_in_month(v? v): instant vector', 'Number of days of the month, 28 to 31, in UTC.', 'days_in_month()'),
  row('deg(v v): instant vector', 'Radians to degrees.', 'deg(v)'),
  row(
    'delta(range range): instant vector',
    'Difference of a gauge between the ends of the range, extrapolated to them.',
    'delta(node_temp_celsius[2h])',
  ),
  row(
    'deriv(range range): instant vector',
    'Slope per second of a gauge by linear regression.',
    'deriv(node_filesystem_free_bytes[1h])',
  ),
  row(
    'double_exponential_smoothing(range range, smoothing s, trend s): instant vector',
    'Smoothed value of a gauge; both factors lie between 0 and 1.',
    'double_exponential_smoothing(v[10m], 0.5, 0.5)',
    true,
  ),
  row('end(): scalar', 'End of the query, in unix seconds.', 'end()', true),
  row('exp(v v): instant vector', 'e to the power of each sample.', 'exp(v)'),
  row('first_over_time(range range): instant vector', 'Oldest sample in the range.', 'first_over_time(v[5m])'),
  row('floor(v v): instant vector', 'Rounds down to the next whole number.', 'floor(v)'),
  row(
    'histogram_fraction(lower s, upper s, buckets v): instant vector',
    'Share of observations between two bounds, from classic buckets.',
    'histogram_fraction(0, 0.2, rate(http_request_duration_seconds_bucket[5m]))',
  ),
  row(
    'histogram_quantile(quantile s, buckets v): instant vector',
    'Quantile (0 to 1) from the buckets of a histogram.',
    'histogram_quantile(0.95, sum by (le) (rate(vllm:time_to_first_token_seconds_bucket[5m])))',
  ),
  row(
    'histogram_quantiles(buckets v, label string, quantile s, quantiles…9 s): instant vector',
    'Several quantiles at once, told apart by a label.',
    'histogram_quantiles(rate(x_bucket[5m]), "quantile", 0.5, 0.9)',
    true,
  ),
  row('hour(v? v): instant vector', 'Hour of the day, 0 to 23, in UTC.', 'hour()'),
  row('idelta(range range): instant vector', 'Difference between the last two samples of a gauge.', 'idelta(v[5m])'),
  row(
    'increase(range range): instant vector',
    'Increase of a counter over the range, extrapolated to its ends, resets mended.',
    'increase(http_requests_total[5m])',
  ),
  row(
    'info(v v, labels? v): instant vector',
    'Adds the labels of the info metric (target_info, or as selected) with the same instance and job.',
    'info(rate(http_requests_total[5m]), {k8s_cluster_name=~".+"})',
    true,
  ),
  row(
    'irate(range range): instant vector',
    'Per-second rate from the last two samples of a counter.',
    'irate(http_requests_total[5m])',
  ),
  row(
    'label_join(v v, destination string, separator string, sources… string): instant vector',
    'Joins the values of labels into one label.',
    'label_join(up, "where", "/", "job", "instance")',
  ),
  row(
    'label_replace(v v, destination string, replacement string, source string, regex string): instant vector',
    'Sets a label from a regular expression on another label.',
    'label_replace(up, "host", "$1", "instance", "(.*):.*")',
  ),
  row('last_over_time(range range): instant vector', 'Newest sample in the range.', 'last_over_time(v[1h])'),
  row('ln(v v): instant vector', 'Natural logarithm.', 'ln(v)'),
  row('log10(v v): instant vector', 'Decimal logarithm.', 'log10(v)'),
  row('log2(v v): instant vector', 'Binary logarithm.', 'log2(v)'),
  row(
    'mad_over_time(range range): instant vector',
    'Median absolute deviation of the samples in the range.',
    'mad_over_time(v[1h])',
    true,
  ),
  row('max_of(a s, b s): scalar', 'The larger of two scalars.', 'max_of(scalar(sum(up)), 1)', true),
  row(
    'max_over_time(range range): instant vector',
    'Largest sample in the range.',
    'max_over_time(DCGM_FI_DEV_GPU_TEMP[1h])',
  ),
  row('min_of(a s, b s): scalar', 'The smaller of two scalars.', 'min_of(scalar(sum(up)), 100)', true),
  row('min_over_time(range range): instant vector', 'Smallest sample in the range.', 'min_over_time(v[1h])'),
  row('minute(v? v): instant vector', 'Minute of the hour, 0 to 59, in UTC.', 'minute()'),
  row('month(v? v): instant vector', 'Month of the year, 1 to 12, in UTC.', 'month()'),
  row('pi(): scalar', 'The number pi.', 'pi()'),
  row(
    'predict_linear(range range, seconds s): instant vector',
    'Value of a gauge some seconds from now, by linear regression.',
    'predict_linear(node_filesystem_free_bytes[6h], 86400)',
  ),
  row(
    'present_over_time(range range): instant vector',
    '1 for each series with a sample in the range.',
    'present_over_time(up[10m])',
  ),
  row(
    'quantile_over_time(quantile s, range range): instant vector',
    'Quantile (0 to 1) of the samples in the range.',
    'quantile_over_time(0.99, v[1h])',
  ),
  row('rad(v v): instant vector', 'Degrees to radians.', 'rad(v)'),
  row('range(): scalar', 'Length of the query, in seconds.', 'range()', true),
  row(
    'rate(range range): instant vector',
    'Per-second average rate of a counter over the range, resets mended.',
    'rate(http_requests_total[5m])',
  ),
  row(
    'resets(range range): instant vector',
    'How often a counter was reset in the range.',
    'resets(http_requests_total[1h])',
  ),
  row(
    'round(v v, nearest? s): instant vector',
    'Rounds to the nearest multiple (1 by default), ties up.',
    'round(v, 0.1)',
  ),
  row('scalar(v v): scalar', 'The value of a vector of exactly one series, NaN otherwise.', 'scalar(sum(up))'),
  row('sgn(v v): instant vector', 'Sign: 1, 0 or -1.', 'sgn(v)'),
  row('sin(v v): instant vector', 'Sine of radians.', 'sin(v)'),
  row('sinh(v v): instant vector', 'Hyperbolic sine.', 'sinh(v)'),
  row('sort(v v): instant vector', 'Sorts an instant query by value, smallest first.', 'sort(sum by (job) (up))'),
  row(
    'sort_by_label(v v, labels… string): instant vector',
    'Sorts an instant query by labels, in natural order.',
    'sort_by_label(up, "instance")',
    true,
  ),
  row(
    'sort_by_label_desc(v v, labels… string): instant vector',
    'Sorts an instant query by labels, in reverse natural order.',
    'sort_by_label_desc(up, "instance")',
    true,
  ),
  row(
    'sort_desc(v v): instant vector',
    'Sorts an instant query by value, largest first.',
    'sort_desc(sum by (job) (up))',
  ),
  row('sqrt(v v): instant vector', 'Square root.', 'sqrt(v)'),
  row('start(): scalar', 'Start of the query, in unix seconds.', 'start()', true),
  row(
    'start_timestamp(v v): instant vector',
    'Since when each sample of a selector counts, in unix seconds; with the feature `use-start-timestamps`.',
    'start_timestamp(http_requests_total)',
    true,
  ),
  row(
    'stddev_over_time(range range): instant vector',
    'Population standard deviation of the samples in the range.',
    'stddev_over_time(v[1h])',
  ),
  row(
    'stdvar_over_time(range range): instant vector',
    'Population variance of the samples in the range.',
    'stdvar_over_time(v[1h])',
  ),
  row('step(): scalar', 'Step of the query, in seconds; 0 for an instant query.', 'step()', true),
  row('sum_over_time(range range): instant vector', 'Sum of the samples in the range.', 'sum_over_time(v[1h])'),
  row('tan(v v): instant vector', 'Tangent of radians.', 'tan(v)'),
  row('tanh(v v): instant vector', 'Hyperbolic tangent.', 'tanh(v)'),
  row('time(): scalar', 'Evaluation time, in unix seconds.', 'time() - process_start_time_seconds'),
  row('timestamp(v v): instant vector', 'Time of each sample, in unix seconds.', 'time() - timestamp(up)'),
  row(
    'ts_of_first_over_time(range range): instant vector',
    'Time of the oldest sample in the range, in unix seconds.',
    'ts_of_first_over_time(v[1h])',
    true,
  ),
  row(
    'ts_of_last_over_time(range range): instant vector',
    'Time of the newest sample in the range, in unix seconds.',
    'ts_of_last_over_time(v[1h])',
    true,
  ),
  row(
    'ts_of_max_over_time(range range): instant vector',
    'Time of the last largest sample in the range, in unix seconds.',
    'ts_of_max_over_time(v[1h])',
    true,
  ),
  row(
    'ts_of_min_over_time(range range): instant vector',
    'Time of the last smallest sample in the range, in unix seconds.',
    'ts_of_min_over_time(v[1h])',
    true,
  ),
  row('vector(s s): instant vector', 'A scalar as a vector without labels.', 'vector(1)'),
  row('year(v? v): instant vector', 'Year, in UTC.', 'year()'),
];

/** Every function of the engine, by name. */
export const functionTable: ReadonlyMap<string, FunctionSignature> = new Map(rows.map((entry) => [entry.name, entry]));

/** Functions of Prometheus that answer for native histograms only; they are refused with a sentence. */
export const nativeHistogramFunctions: ReadonlySet<string> = new Set([
  'histogram_avg',
  'histogram_count',
  'histogram_stddev',
  'histogram_stdvar',
  'histogram_sum',
]);
