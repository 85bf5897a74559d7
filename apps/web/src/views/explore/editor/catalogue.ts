import { LanguageType, type PrometheusClient, promQLLanguage } from '@prometheus-io/codemirror-promql';
import type { QueryClient } from '@tanstack/react-query';
import { quote } from '#data/cluster.ts';
import {
  listLabelNames,
  listLabelValues,
  listLanguageFeatures,
  listMetadata,
  type MetricMetadata,
} from '#data/prometheus.ts';
import type { NamesOff } from './language-cards.ts';

/** How long what is known of metrics and labels is believed, ms. */
const believedMs = 60_000;

type Matcher = NonNullable<Parameters<PrometheusClient['labelValues']>[2]>[number];

// The language numbers its operators; the numbers are those of its own grammar, whatever version that is.
const operators = new Map(
  promQLLanguage(LanguageType.PromQL).parser.nodeSet.types.flatMap(({ name, id }) => {
    const sign = { EqlSingle: '=', Neq: '!=', EqlRegex: '=~', NeqRegex: '!~' }[name];
    return sign === undefined ? [] : [[id, sign] as const];
  }),
);

/** A selector of a metric with the matchers that stand beside the one being written. */
export function selectorOf(
  metricName: string | undefined,
  matchers: readonly Pick<Matcher, 'type' | 'name' | 'value'>[],
  except: string | undefined,
): string | undefined {
  const written = matchers.flatMap(({ type, name, value }) => {
    const sign = operators.get(type);
    return sign === undefined || name === except || value === '' ? [] : [`${name}${sign}${quote(value)}`];
  });
  if (metricName !== undefined && metricName !== '') written.unshift(`__name__=${quote(metricName)}`);
  return written.length === 0 ? undefined : `{${written.join(',')}}`;
}

/** What the gateway knows of metrics, labels and values, for the editors of a page. */
export interface Catalogue extends PrometheusClient {
  metricMetadata(): Promise<Record<string, MetricMetadata[]>>;
  /** Parts of the language that the gateway says it has off. */
  off(): Promise<NamesOff>;
}

/** Completion is a help: where the gateway cannot be asked, it is empty and one types on. */
export function gatewayCatalogue(client: QueryClient): Catalogue {
  const known = <T>(key: readonly string[], ask: (signal: AbortSignal) => Promise<T>, otherwise: T): Promise<T> =>
    client
      .fetchQuery({ queryKey: ['catalogue', ...key], queryFn: ({ signal }) => ask(signal), staleTime: believedMs })
      .catch(() => otherwise);
  const labelNames = (metricName?: string) => {
    const selector = selectorOf(metricName, [], undefined);
    return known(['labels', selector ?? ''], (signal) => listLabelNames(selector, signal), []);
  };
  const labelValues = (labelName: string, metricName?: string, matchers: readonly Matcher[] = []) => {
    const selector = selectorOf(metricName, matchers, labelName);
    return known(['values', labelName, selector ?? ''], (signal) => listLabelValues(labelName, selector, signal), []);
  };
  return {
    labelNames: async (metricName) => (await labelNames(metricName)).filter((name) => name !== '__name__'),
    labelValues,
    metricMetadata: () => known(['metadata'], listMetadata, {}),
    metricNames: () => labelValues('__name__'),
    series: async () => [],
    flags: async () => ({}),
    // A gateway that does not tell is not asked with every word.
    off: () =>
      known(
        ['features'],
        async (signal): Promise<NamesOff> => {
          const features = await listLanguageFeatures(signal).catch(() => ({}));
          return new Set(Object.entries(features).flatMap(([name, on]) => (on ? [] : [name])));
        },
        new Set(),
      ),
  };
}
