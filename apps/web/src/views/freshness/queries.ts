import { quote } from '#data/cluster.ts';
import type { Expression } from '#data/hooks.ts';

/** The gateway's own metrics, of the instance that answers; every gateway of the store while that is not known. */
const own = (instance: string | undefined) =>
  instance === undefined ? 'job="binnacle"' : `job="binnacle",instance=${quote(instance)}`;

type OfInstance = (instance: string | undefined) => Expression;

export const stored: OfInstance = (instance) => (s) =>
  `sum(rate(binnacle_pipeline_stored_samples_total{${own(instance)}}[${s.window}]))`;
export const unwritten: OfInstance = (instance) => (s) =>
  `sum(max_over_time(binnacle_pipeline_unwritten_samples{${own(instance)}}[${s.window}]))`;
export const oldestUnwritten: OfInstance = (instance) => (s) =>
  `max(max_over_time(binnacle_pipeline_oldest_unwritten_seconds{${own(instance)}}[${s.window}]))`;
export const commitP99: OfInstance = (instance) => (s) =>
  `histogram_quantile(0.99, sum by (le) (rate(binnacle_pipeline_commit_duration_seconds_bucket{${own(instance)}}[${s.window}])))`;
/** A counter of refusals is there from the first refusal on: where samples are stored and it is not, nothing was refused. */
export const refused: OfInstance = (instance) => (s) =>
  `sum(rate(binnacle_source_refused_samples_total{${own(instance)}}[${s.window}])) or 0 * sum(rate(binnacle_pipeline_stored_samples_total{${own(instance)}}[${s.window}]))`;

// ── was the gateway there ──
export const processStart: OfInstance = (instance) => (s) =>
  `max(last_over_time(process_start_time_seconds{${own(instance)}}[${s.window}]))`;
export const previousSeen: OfInstance = (instance) => (s) =>
  `max(last_over_time(binnacle_gateway_previous_seen_timestamp_seconds{${own(instance)}}[${s.window}]))`;

// ── what came of each source and sender ──
/** Which sources: names of receivers, sources and senders, as a selection that is the same for the same rows. */
export interface Selection {
  readonly instance: string | undefined;
  readonly sources: readonly string[];
  readonly senders: readonly string[];
}

const escaped = (text: string) => text.replaceAll(/[\\^$.|?*+()[\]{}]/g, '\\$&');
const anyOf = (names: readonly string[]) => quote([...new Set(names)].sort().map(escaped).join('|'));

/** One family of sources and its twin of senders; the function is applied to each, the labels told apart afterwards. */
const both =
  (family: string, apply: (selector: string, window: string) => string) =>
  ({ instance, sources, senders }: Selection): Expression =>
  (s) => {
    const parts: string[] = [];
    const part = (kind: 'source' | 'sender', names: readonly string[]) =>
      `max by (receiver, source, sender) (${apply(`binnacle_${kind}_${family}{${own(instance)},${kind}=~${anyOf(names)}}`, s.window)})`;
    if (sources.length > 0) parts.push(part('source', sources));
    if (senders.length > 0) parts.push(part('sender', senders));
    return parts.length === 0 ? 'vector(0) < 0' : parts.join(' or ');
  };

export const lastArrival = both('last_arrival_timestamp_seconds', (x, w) => `last_over_time(${x}[${w}])`);
export const silentSeconds = both('silent_seconds_total', (x, w) => `last_over_time(${x}[${w}])`);
export const acceptedRate = both('samples_total', (x, w) => `rate(${x}[${w}])`);
export const refusedRate = both(
  'refused_samples_total',
  (x, w) => `sum by (receiver, source, sender) (rate(${x}[${w}])) > 0`,
);

export const up =
  ({ instance, sources }: Selection): Expression =>
  (s) =>
    sources.length === 0
      ? 'vector(0) < 0'
      : `min by (receiver, source) (min_over_time(binnacle_source_up{${own(instance)},source=~${anyOf(sources)}}[${s.window}]))`;

// ── doors and agents ──
export const doorRefusals: OfInstance = (instance) => (s) =>
  `sum by (door, code) (increase(binnacle_http_refused_total{${own(instance)}}[${s.range}])) > 0.5`;

const agent = 'job="binnacle-agent"';
export const agents = {
  seen: () => `max by (instance) (timestamp(process_start_time_seconds{${agent}}))`,
  started: () => `max by (instance) (process_start_time_seconds{${agent}})`,
  buffer: () => `sum by (instance) (binnacle_agent_buffer_bytes{${agent}})`,
  oldest: () => `max by (instance) (binnacle_agent_oldest_buffered_seconds{${agent}})`,
  onDisk: () => `min by (instance) (binnacle_agent_spool_on_disk{${agent}})`,
  forwarded: (s: { window: string }) =>
    `sum by (instance) (rate(binnacle_agent_forwarded_samples_total{${agent}}[${s.window}]))`,
  refused: (s: { range: string }) =>
    `sum by (instance) (increase(binnacle_agent_refused_samples_total{${agent}}[${s.range}])) > 0.5`,
  lost: (s: { range: string }) =>
    `sum by (instance) (increase(binnacle_agent_buffer_refused_items_total{${agent}}[${s.range}])) > 0.5`,
} satisfies Record<string, Expression>;
