/** Parts of the language that Prometheus may still change. Each has the name of Prometheus' own switch. */
export type Feature =
  | 'promql-experimental-functions'
  | 'promql-extended-range-selectors'
  | 'promql-binop-fill-modifiers'
  | 'use-start-timestamps';

/** A row of the table of features: the docs and the config file read it. */
export interface FeatureDescription {
  readonly name: Feature;
  /** One sentence: what may be written, or what is computed in another way, where it is on. */
  readonly doc: string;
  readonly example: string;
}

const rows: readonly FeatureDescription[] = [
  {
    name: 'promql-experimental-functions',
    doc: 'The functions and aggregations that are marked experimental.',
    example: 'limitk(3, info(rate(http_requests_total[5m])))',
  },
  {
    name: 'promql-extended-range-selectors',
    doc: 'The modifiers `anchored` and `smoothed` of selectors.',
    example: 'increase(http_requests_total[5m] anchored)',
  },
  {
    name: 'promql-binop-fill-modifiers',
    doc: 'The modifiers `fill`, `fill_left` and `fill_right` of binary operators.',
    example: 'errors_total / on (job) fill (0) requests_total',
  },
  {
    name: 'use-start-timestamps',
    doc: 'Counters use the start timestamps of their samples, where the store has them.',
    example: 'rate(http_requests_total[5m])',
  },
];

/** Every feature, by name. */
export const featureTable: ReadonlyMap<Feature, FeatureDescription> = new Map(rows.map((row) => [row.name, row]));

/** What is on. */
export type Features = ReadonlySet<Feature>;

export const noFeatures: Features = new Set();
export const everyFeature: Features = new Set(featureTable.keys());
