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

/** Words that the editor colours and completes beside functions and aggregations. */
export const keywords = [
  'and',
  'or',
  'unless',
  'atan2',
  'by',
  'without',
  'on',
  'ignoring',
  'group_left',
  'group_right',
  'bool',
  'offset',
] as const;
