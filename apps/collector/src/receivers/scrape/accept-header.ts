/** Formats under the names of Prometheus' `scrape_protocols`, as they are asked for. */
const mediaTypes = {
  PrometheusProto: 'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited',
  'OpenMetricsText1.0.0': 'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8',
  'OpenMetricsText0.0.1': 'application/openmetrics-text;version=0.0.1',
  'PrometheusText1.0.0': 'text/plain;version=1.0.0;escaping=allow-utf-8',
  'PrometheusText0.0.4': 'text/plain;version=0.0.4;escaping=allow-utf-8',
} as const;

export type ScrapeProtocol = keyof typeof mediaTypes;
export const scrapeProtocolNames = Object.keys(mediaTypes) as [ScrapeProtocol, ...ScrapeProtocol[]];

/** The formats in Prometheus' order of preference without protobuf. */
export const defaultProtocols: readonly ScrapeProtocol[] = [
  'OpenMetricsText1.0.0',
  'OpenMetricsText0.0.1',
  'PrometheusText1.0.0',
  'PrometheusText0.0.4',
];

/** The Accept header for formats in their order of preference; anything else comes last. */
export function acceptHeader(protocols: readonly ScrapeProtocol[]): string {
  const share = (rank: number) => (0.1 * (protocols.length + 1 - rank)).toFixed(1);
  return [...protocols.map((name, rank) => `${mediaTypes[name]};q=${share(rank)}`), '*/*;q=0.1'].join(',');
}
