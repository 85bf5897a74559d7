import type { Feature, Features } from '@binnacle/promql/language/features.ts';
import { functionTable, nativeHistogramFunctions } from '@binnacle/promql/language/functions.ts';
import { aggregationTable } from '@binnacle/promql/language/operators.ts';

const switches: Readonly<Record<string, Feature>> = {
  anchored: 'promql-extended-range-selectors',
  smoothed: 'promql-extended-range-selectors',
  fill: 'promql-binop-fill-modifiers',
  fill_left: 'promql-binop-fill-modifiers',
  fill_right: 'promql-binop-fill-modifiers',
};

const operators = ['+', '-', '*', '/', '%', '^', '==', '!=', '<', '<=', '>', '>=', 'and', 'or', 'unless', 'atan2'];
const keywords = ['bool', 'by', 'group_left', 'group_right', 'ignoring', 'offset', 'on', 'without', 'at_modifier'];

/** `features`: what this server can do, under the names that Prometheus uses. */
export function featureAnswer(features: Features): Record<string, Record<string, boolean>> {
  const experimental = features.has('promql-experimental-functions');
  const allowed = (row: { readonly name: string; readonly experimental: boolean }): [string, boolean] => [
    row.name,
    !row.experimental || experimental,
  ];
  return {
    api: {
      exclude_alerts: true,
      label_values_match: true,
      query_stats: true,
      query_warnings: true,
      time_range_labels: true,
      time_range_series: true,
    },
    promql: {
      ...Object.fromEntries(keywords.map((name) => [name, true])),
      ...Object.fromEntries(Object.entries(switches).map(([name, feature]) => [name, features.has(feature)])),
      duration_expr: true,
      per_query_lookback_delta: true,
      subqueries: true,
    },
    promql_functions: {
      ...Object.fromEntries([...functionTable.values()].map(allowed)),
      ...Object.fromEntries([...nativeHistogramFunctions].map((name) => [name, false])),
    },
    promql_operators: {
      ...Object.fromEntries(operators.map((name) => [name, true])),
      ...Object.fromEntries([...aggregationTable.values()].map(allowed)),
    },
    tsdb: { exemplar_storage: true, native_histograms: false },
  };
}
