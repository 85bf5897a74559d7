import type { SourceStatus } from '../receivers/receiver.ts';
import { type InstrumentName, observeCounter, observeGauge } from '../telemetry/instruments.ts';
import { type SourceFreshness, silenceAfterMs } from './freshness.ts';
import type { Pipeline } from './pipeline.ts';

type Labels = Record<string, string>;
/** Value of one entry, undefined where it is not known; `reason` makes it several. */
type Read = (entry: SourceFreshness) => number | null | undefined;

const seconds = (ms: number | null): number | null => (ms === null ? null : ms / 1000);

/** Families of a source and of a sender alike, by the end of their names. */
const gauges: Record<string, Read> = {
  last_sample_timestamp_seconds: ({ lastSampleAt }) => seconds(lastSampleAt),
  last_arrival_timestamp_seconds: ({ arrivals }) => seconds(arrivals.lastAt),
  usual_interval_seconds: ({ arrivals }) => seconds(arrivals.usualIntervalMs),
  arrival_lag_seconds: ({ arrivals }) => seconds(arrivals.lagMs),
};

/**
 * The metrics of what the freshness table knows, with `statuses` of the receivers for the cluster of a source and whether
 * it can be read. Returns how to end them.
 */
export function observeFreshness(pipeline: Pipeline, statuses: () => readonly SourceStatus[]): () => void {
  const table = pipeline.freshness;
  const told = remembered(() => new Map(statuses().map((one) => [`${one.receiver}/${one.source}`, one])));
  const ofSource = ({ receiver, source }: SourceFreshness): Labels => {
    const cluster = told().get(`${receiver}/${source}`)?.cluster ?? '';
    return cluster === '' ? { receiver, source } : { receiver, source, cluster };
  };
  const ofSender = ({ receiver, sender }: SourceFreshness): Labels => ({ receiver, sender: sender ?? '' });
  const ends: (() => void)[] = [];
  const both: [string, () => Iterable<SourceFreshness>, (entry: SourceFreshness) => Labels][] = [
    ['source', () => table.all(), ofSource],
    ['sender', () => table.senders(), ofSender],
  ];
  for (const [kind, entries, labels] of both) {
    for (const [end, read] of Object.entries(gauges)) {
      ends.push(
        observeGauge(`binnacle_${kind}_${end}` as Gauge, (set) => {
          for (const entry of entries()) {
            const value = read(entry);
            if (value !== null && value !== undefined) set(value, labels(entry));
          }
        }),
      );
    }
    ends.push(
      observeCounter(`binnacle_${kind}_silent_seconds_total` as Counter, (set) => {
        // Absent while nobody knows how often it sends: then nobody can say that it is silent.
        for (const entry of entries())
          if (silenceAfterMs(entry) !== null) set(table.silentMs(entry) / 1000, labels(entry));
      }),
    );
  }
  ends.push(
    observeGauge('binnacle_source_active_series', (set) => {
      for (const entry of table.all()) {
        if (!entry.recalled) set(pipeline.activeSeriesOf(entry.receiver, entry.source), ofSource(entry));
      }
    }),
    observeGauge('binnacle_source_up', (set) => {
      for (const { receiver, source, cluster, state, intervalSeconds } of told().values()) {
        // A door has nobody to ask whether it is up.
        if (intervalSeconds === null || (state !== 'up' && state !== 'down')) continue;
        set(state === 'up' ? 1 : 0, cluster === '' ? { receiver, source } : { receiver, source, cluster });
      }
    }),
    observeCounter('binnacle_sender_samples_total', (set) => {
      for (const entry of table.senders()) if (!entry.recalled) set(entry.accepted, ofSender(entry));
    }),
    observeCounter('binnacle_sender_refused_samples_total', (set) => {
      for (const entry of table.senders()) {
        for (const [reason, { count }] of entry.refused) set(count, { ...ofSender(entry), reason });
      }
    }),
    observeCounter('binnacle_source_evictions_total', (set) => set(table.evicted)),
  );
  return () => {
    for (const end of ends) end();
  };
}

type Gauge = Extract<InstrumentName, `binnacle_${'source' | 'sender'}_${string}_timestamp_seconds`>;
type Counter = Extract<InstrumentName, `binnacle_${'source' | 'sender'}_silent_seconds_total`>;

/** One answer serves all families of a collection. */
function remembered<T>(make: () => T): () => T {
  let known: { readonly value: T; readonly untilMs: number } | undefined;
  return () => {
    const nowMs = performance.now();
    if (known === undefined || known.untilMs < nowMs) known = { value: make(), untilMs: nowMs + 500 };
    return known.value;
  };
}
