/** What a placeholder of a template stands for: the template is asked with each of them. */
export const variants = {
  aggregation: ['sum', 'avg', 'min', 'max', 'count', 'stddev', 'stdvar'],
  selection: ['topk', 'bottomk'],
  arithmetic: ['+', '-', '*', '/', '%', '^'],
  comparison: ['==', '!=', '<', '<=', '>', '>='],
  operator: ['+', '-', '*', '/', '%', '^', '==', '!=', '<', '<=', '>', '>='],
  overTime: ['sum', 'avg', 'min', 'max', 'count', 'stddev', 'stdvar', 'last', 'present'],
  math: ['abs', 'ceil', 'floor', 'round', 'exp', 'sqrt', 'ln', 'log2', 'log10', 'sgn'],
  trigonometry: ['sin', 'cos', 'tan', 'asinh', 'atan', 'tanh', 'deg', 'rad'],
  rate: ['rate', 'increase', 'delta'],
  instantRate: ['irate', 'idelta'],
  date: ['minute', 'hour', 'day_of_week', 'day_of_month', 'day_of_year', 'days_in_month', 'month', 'year'],
  clamp: ['clamp_min', 'clamp_max'],
  quantile: ['-1', '0', '0.25', '0.5', '0.95', '1', '1.1'],
  range: ['1s', '15s', '1m', '5m', '15m', '1h'],
  offset: ['1m', '5m', '10m'],
} as const satisfies Record<string, readonly string[]>;

/**
 * Range queries by kind. A word in angle brackets is a placeholder. A line that begins with `!` must be refused by
 * everyone.
 */
export const templates: Readonly<Record<string, string>> = {
  'number literals': `
    7
    0.25
    .5
    5.
    6.02e23
    -1.5E-3
    0xff
    017
    Inf
    +Inf
    -Inf
    NaN
    pi()`,

  selectors: `
    demo_memory_usage_bytes
    {__name__="demo_disk_usage_bytes"}
    demo_memory_usage_bytes{type="used"}
    demo_memory_usage_bytes{type!="used"}
    demo_memory_usage_bytes{type=~"used|cached"}
    demo_memory_usage_bytes{instance=~"demo-service:.*"}
    demo_memory_usage_bytes{instance=~"service"}
    demo_memory_usage_bytes{instance!~".*8001"}
    demo_memory_usage_bytes{type=~".+e.+", instance!="demo-service:8002"}
    {type="cached", instance!~".+3"}
    {__name__=~"demo_(num|is)_.*"}
    demo_memory_usage_bytes{absent_label=""}
    demo_memory_usage_bytes{absent_label!=""}
    no_such_metric
    demo_memory_usage_bytes offset <offset>
    demo_memory_usage_bytes offset -<offset>
    demo_memory_usage_bytes @ 1790003000.5
    demo_memory_usage_bytes @ start()
    demo_memory_usage_bytes offset <offset> @ end()
    demo_intermittent_metric
    demo_intermittent_metric offset <offset>
    !{__name__=~".*"}
    !demo_memory_usage_bytes{type=~"(used"}`,

  aggregations: `
    <aggregation>(demo_memory_usage_bytes)
    <aggregation>(no_such_metric)
    <aggregation> by () (demo_memory_usage_bytes)
    <aggregation> by (type) (demo_memory_usage_bytes)
    <aggregation>(demo_memory_usage_bytes) by (type, instance)
    <aggregation> by (no_such_label) (demo_memory_usage_bytes)
    <aggregation> without () (demo_memory_usage_bytes)
    <aggregation> without (type) (demo_memory_usage_bytes)
    <aggregation> without (type, instance, job) (demo_memory_usage_bytes)
    <aggregation> without (no_such_label) (demo_memory_usage_bytes)
    group by (type) (demo_memory_usage_bytes)
    <selection>(4, demo_memory_usage_bytes)
    <selection> by (type) (1, demo_memory_usage_bytes)
    <selection> without (type) (2, demo_memory_usage_bytes)
    <selection> without () (3, demo_memory_usage_bytes)
    quantile(<quantile>, demo_memory_usage_bytes)
    quantile by (type) (<quantile>, demo_memory_usage_bytes)
    count_values("cpus", demo_num_cpus)
    count_values by (instance) ("is", demo_is_holiday)
    min(sum by (instance) (demo_memory_usage_bytes))`,

  'binary operators': `
    2 + 3 * 4 ^ 2 / 8 % 5 - 1
    -2 ^ 2
    2 ^ 3 ^ 2
    demo_num_cpus * (3 <comparison> bool 4)
    demo_memory_usage_bytes <operator> 1.5e9
    1.5e9 <operator> demo_memory_usage_bytes
    demo_memory_usage_bytes <comparison> bool 1.3e9
    1.3e9 <comparison> bool demo_memory_usage_bytes
    demo_num_cpus <operator> (2 + 3 * 4 - 10)
    (8 / 3 - 2 ^ 2) <operator> demo_num_cpus
    demo_num_cpus atan2 3
    demo_memory_usage_bytes <operator> on (job, instance, type) demo_memory_usage_bytes
    demo_memory_usage_bytes <comparison> bool on (job, instance, type) (demo_memory_usage_bytes offset 1m)
    demo_disk_usage_bytes <operator> ignoring (job) demo_disk_total_bytes
    max by (instance, type) (demo_memory_usage_bytes) <operator> on (instance, type) group_left (job) demo_memory_usage_bytes
    demo_memory_usage_bytes <arithmetic> on (instance) group_left () demo_num_cpus
    demo_num_cpus <arithmetic> on (instance) group_right () demo_memory_usage_bytes
    demo_disk_usage_bytes / on (instance, job, __name__) demo_disk_usage_bytes
    demo_disk_usage_bytes / on (instance, no_such_label) demo_disk_total_bytes
    sum without (job) (demo_memory_usage_bytes) - on (instance, type) demo_memory_usage_bytes
    demo_memory_usage_bytes and demo_memory_usage_bytes > 1e9
    demo_memory_usage_bytes and on (instance) demo_is_holiday == 1
    demo_memory_usage_bytes unless on (type) demo_memory_usage_bytes{type="free"}
    demo_num_cpus or demo_is_holiday
    demo_num_cpus or on () vector(1)
    !demo_memory_usage_bytes * on (instance) demo_num_cpus
    !demo_memory_usage_bytes - on (job) demo_memory_usage_bytes
    !1 and 2
    !demo_num_cpus + on (instance) group_left (instance) demo_num_cpus`,

  'special values and signs': `
    demo_num_cpus * Inf
    demo_num_cpus * -Inf
    demo_num_cpus - NaN
    demo_num_cpus / 0
    demo_is_holiday / 0
    demo_is_holiday % 0
    demo_num_cpus + -(2)
    -demo_memory_usage_bytes
    +demo_num_cpus
    -(-demo_num_cpus)`,

  'scalars that move': `
    3 <arithmetic> time()
    time() <arithmetic> 3
    time() <comparison> bool 1790003600
    1790003600 <comparison> bool time()
    time() <arithmetic> time()
    time() <comparison> bool time()
    time() <operator> demo_batch_last_run_timestamp_seconds
    demo_batch_last_run_timestamp_seconds <operator> time()
    scalar(demo_num_cpus{instance="demo-service:8001"})
    scalar(demo_num_cpus)
    vector(2.5)
    vector(time() / 60)
    time()`,

  'functions over time': `
    <overTime>_over_time(demo_memory_usage_bytes[<range>])
    <overTime>_over_time(demo_intermittent_metric[<range>])
    quantile_over_time(<quantile>, demo_memory_usage_bytes[<range>])
    absent_over_time(demo_intermittent_metric[<range>])
    absent_over_time(no_such_metric{job="x"}[5m])
    <rate>(no_such_metric[5m])
    <rate>(demo_cpu_usage_seconds_total[<range>])
    <rate>(demo_items_shipped_total[<range>])
    <instantRate>(demo_cpu_usage_seconds_total[<range>])
    deriv(demo_disk_usage_bytes[<range>])
    predict_linear(demo_disk_usage_bytes[<range>], 900)
    double_exponential_smoothing(demo_disk_usage_bytes[5m], 0.3, 0.6)
    changes(demo_batch_last_run_timestamp_seconds[<range>])
    resets(demo_items_shipped_total[<range>])
    rate(demo_cpu_usage_seconds_total[5m] offset <offset>)
    rate(demo_cpu_usage_seconds_total[5m] @ end())`,

  'functions of values': `
    <math>(demo_memory_usage_bytes)
    <math>(-demo_memory_usage_bytes)
    <trigonometry>(demo_num_cpus)
    round(demo_memory_usage_bytes, 1000)
    clamp(demo_memory_usage_bytes, 1e9, 2e9)
    clamp(demo_memory_usage_bytes, 2e9, 1e9)
    clamp(demo_memory_usage_bytes, 0, 1)
    clamp(demo_num_cpus, 4, 4)
    <clamp>(demo_memory_usage_bytes, 1.2e9)
    timestamp(demo_num_cpus)
    timestamp(timestamp(demo_num_cpus))
    timestamp(demo_memory_usage_bytes + 0)
    timestamp(-demo_num_cpus)
    sort(demo_num_cpus)
    sort_desc(demo_memory_usage_bytes)
    absent(demo_num_cpus)
    absent(no_such_metric)
    absent(no_such_metric{job="demo", type!="x"})
    absent(sum(no_such_metric))
    <date>()
    <date>(demo_batch_last_success_timestamp_seconds)
    <date>(demo_batch_last_success_timestamp_seconds offset <offset>)`,

  labels: `
    label_replace(demo_num_cpus, "port", "$1", "instance", ".*:(.*)")
    label_replace(demo_num_cpus, "job", "was-$1-at-$2", "instance", "demo-(.*):(.*)")
    label_replace(demo_num_cpus, "job", "$1", "instance", "service:(.*)")
    label_replace(demo_num_cpus, "job", "x-$1", "no_such_label", "y-(.*)")
    label_replace(demo_num_cpus, "job", "x-$1", "no_such_label", "(.*)")
    label_replace(demo_num_cpus, "job", "x-$1", "instance", "nothing like it")
    label_replace(demo_num_cpus, "job", "", "instance", ".*")
    label_join(demo_num_cpus, "where", "/", "job", "instance")
    label_join(demo_num_cpus, "job", "/", "instance")
    label_join(demo_num_cpus, "job", "", "no_such_label", "job")
    !label_replace(demo_num_cpus, "job", "x", "instance", "(")
    label_replace(demo_num_cpus, "not-before-utf-8", "x", "instance", ".*")
    !label_replace(demo_num_cpus, "instance", "same", "job", ".*")
    label_join(demo_num_cpus, "not-before-utf-8", "/", "job")`,

  histograms: `
    histogram_quantile(<quantile>, rate(demo_api_request_duration_seconds_bucket[1m]))
    histogram_quantile(<quantile>, sum by (le, path) (rate(demo_api_request_duration_seconds_bucket[5m])))
    histogram_quantile(0.5, demo_api_request_duration_seconds_bucket)
    histogram_quantile(0.9, demo_memory_usage_bytes)
    histogram_quantile(0.9, no_such_metric)
    histogram_quantile(0.9, {__name__=~"demo_api_request_duration_seconds_.+"})
    rate(demo_api_request_duration_seconds_sum[5m]) / rate(demo_api_request_duration_seconds_count[5m])
    count_values("seen", demo_api_request_duration_seconds_bucket{le="+Inf"})`,

  subqueries: `
    avg_over_time(rate(demo_cpu_usage_seconds_total[1m])[4m:20s])
    max_over_time((time() - max(demo_batch_last_success_timestamp_seconds) < 400)[5m:13s] offset 3m)
    quantile_over_time(0.9, sum(demo_memory_usage_bytes)[10m:])
    <overTime>_over_time(demo_intermittent_metric[10m:15s])
    deriv(max_over_time(demo_disk_usage_bytes[45s])[6m:30s] @ end())
    <rate>(demo_items_shipped_total[5m:17s])`,
};

/** One query of the list. */
export interface ListedQuery {
  readonly template: string;
  readonly query: string;
  readonly refused: boolean;
}

/** Every template with every combination of what its placeholders stand for. */
export function expandTemplates(): ListedQuery[] {
  const found: ListedQuery[] = [];
  for (const lines of Object.values(templates)) {
    for (const line of lines.trim().split('\n')) {
      const text = line.trim();
      const refused = text.startsWith('!');
      for (const query of expand(refused ? text.slice(1) : text)) found.push({ template: text, query, refused });
    }
  }
  return found;
}

function expand(text: string): string[] {
  const placeholder = /<(\w+)>/.exec(text)?.[1];
  if (placeholder === undefined || !(placeholder in variants)) return [text];
  return variants[placeholder as keyof typeof variants].flatMap((value) =>
    expand(text.replaceAll(`<${placeholder}>`, value)),
  );
}
