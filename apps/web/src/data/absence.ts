import type { SourcesAnswer } from '@binnacle/shared/api/domain.ts';
import { isUnusedDoor } from './cluster-list.ts';

/** Why a panel has nothing to draw, in words, and whether connecting something would cure it. */
export interface Absence {
  readonly kind: 'no_source' | 'source_down' | 'silent' | 'not_exported' | 'not_in_range' | 'unknown';
  readonly text: string;
  /** Whether to show how to connect a source. */
  readonly connect: boolean;
}

export interface AbsenceFacts {
  /** Metric names, or record kinds, that the panel draws. */
  readonly metrics: readonly string[];
  /** Receivers that could bring them. */
  readonly receivers: readonly string[];
  readonly cluster: string | undefined;
  /** Undefined while not known. */
  readonly sources: SourcesAnswer | undefined;
  /** Whether the store knows any of the metrics in the last days; undefined while not known. */
  readonly known: boolean | undefined;
  readonly now: number;
}

const clock = (ms: number) => new Date(ms).toLocaleString(undefined, { dateStyle: 'short', timeStyle: 'medium' });

/** The most telling reason first: nothing connected, broken, silent, connected but without this metric, other range. */
export function whyEmpty(facts: AbsenceFacts): Absence {
  const { metrics, receivers, cluster, sources, known } = facts;
  const what =
    metrics.length === 0
      ? 'this'
      : metrics.length > 2
        ? `${metrics[0]} and ${metrics.length - 1} more`
        : metrics.join(' and ');
  if (sources === undefined || known === undefined)
    return { kind: 'unknown', text: 'No data. Looking for the reason…', connect: false };

  const mine = sources.sources.filter(
    (s) => receivers.includes(s.receiver) && (cluster === undefined || s.cluster === cluster) && !isUnusedDoor(s),
  );
  if (known) {
    const newest = Math.max(...mine.map((s) => s.lastSampleAt ?? 0), 0);
    const down = mine.find((s) => s.state === 'down');
    if (down !== undefined) {
      const since = down.lastSampleAt === null ? 'It never answered' : `Silent since ${clock(down.lastSampleAt)}`;
      return {
        kind: 'silent',
        text: `${since}: ${down.receiver}/${down.source} is down. ${down.lastError ?? ''}`.trim(),
        connect: false,
      };
    }
    const tail = newest > 0 ? ` The newest sample came at ${clock(newest)}.` : '';
    return { kind: 'not_in_range', text: `No samples of ${what} in this time range.${tail}`, connect: false };
  }
  if (mine.length === 0) return { kind: 'no_source', text: `No source of this cluster sends ${what}.`, connect: true };
  const broken = mine.find((s) => s.state === 'down');
  if (broken !== undefined) {
    return {
      kind: 'source_down',
      text: `${broken.receiver}/${broken.source} is down. ${broken.lastError ?? ''}`.trim(),
      connect: true,
    };
  }
  if (mine.every((s) => s.state === 'waiting')) {
    return {
      kind: 'silent',
      text: `${mine[0]?.receiver}/${mine[0]?.source} is connected; nothing has come yet.`,
      connect: false,
    };
  }
  return { kind: 'not_exported', text: `The connected sources do not export ${what}.`, connect: true };
}
