import type { SourcesAnswer } from '@binnacle/shared/api/domain.ts';
import type { Status } from '#components/ui/status.tsx';

type Source = SourcesAnswer['sources'][number];
type Door = SourcesAnswer['doors'][number];

export interface SourceRow extends Source {
  readonly key: string;
  readonly status: Status;
  readonly word: string;
  /** Since the newest sample, ms; null where none has come. */
  readonly ageMs: number | null;
  /** What to do about it; null where nothing is to be done. */
  readonly mend: string | null;
}

/** A source is late when its newest sample is older than this many of its intervals. */
export const lateIntervals = 3;
/** Sources without an interval, as the doors, are quiet after this long. */
const quietMs = 300e3;

/** State in words. A source that answers but whose newest sample is old is late, whatever it says of itself. */
export function sourceRows(answer: SourcesAnswer | undefined, nowMs: number): SourceRow[] {
  return (answer?.sources ?? []).map((source) => {
    const ageMs = source.lastSampleAt === null ? null : Math.max(0, nowMs - source.lastSampleAt);
    const late =
      ageMs !== null &&
      ageMs > (source.intervalSeconds === null ? quietMs : source.intervalSeconds * lateIntervals * 1e3 + 15e3);
    const [status, word]: [Status, string] =
      source.state === 'down'
        ? ['bad', 'down']
        : source.state === 'consent'
          ? ['attention', 'wants consent']
          : source.state === 'waiting'
            ? ['unknown', ageMs === null ? 'waiting' : 'quiet']
            : late
              ? // Nobody can say when a sender that pushes is due; the rule "Source silent" knows those that were steady.
                source.intervalSeconds === null
                ? ['unknown', 'quiet']
                : ['attention', 'late']
              : ageMs === null
                ? ['unknown', 'no samples']
                : ['ok', 'up'];
    return {
      ...source,
      key: `${source.receiver} ${source.source} ${source.cluster} ${source.address}`,
      status,
      word,
      ageMs,
      mend: mendOf(source, word),
    };
  });
}

/** How to mend a source, from what its error sentence says. */
export function mendOf({ state, lastError, address, intervalSeconds }: Source, word: string): string | null {
  const error = lastError ?? '';
  if (state === 'consent') return 'Agree to it below, if you know the command.';
  if (word === 'quiet') return `Nothing has come lately: see whether its sender still runs, or leave it.`;
  if (state === 'waiting') {
    if (intervalSeconds !== null) return `The first reading is due within ${intervalSeconds} s.`;
    return `Nothing has come to ${address} yet: point a sender at it, or leave it.`;
  }
  if (word === 'late') return 'It answered before: see whether the sender still runs and reaches the gateway.';
  if (state !== 'down') return null;
  if (/ECONNREFUSED|refused/i.test(error))
    return `Nothing listens at ${address}: start it, or correct the address in binnacle.yaml.`;
  if (/ENOTFOUND|EAI_AGAIN|getaddrinfo|resolve/i.test(error))
    return 'The name is not known here: correct it in binnacle.yaml, or mend the name service.';
  if (/\b(401|403)\b|unauthor|forbidden/i.test(error))
    return 'It refuses the credentials: give it a token with tokenFile in binnacle.yaml.';
  if (/\b404\b/.test(error)) return 'It answers, but not at this path: correct the path in binnacle.yaml.';
  if (/time.?out|timed out|in time/i.test(error))
    return 'It does not answer in time: look at its load and at the way to it.';
  if (/certificate|TLS|SSL/i.test(error))
    return 'Its certificate is not trusted here: give the authority, or use its right name.';
  if (/ENOENT|no such file/i.test(error)) return 'The file or folder is not there: correct the path in binnacle.yaml.';
  if (/EACCES|permission/i.test(error)) return 'Binnacle may not read it: give its account the right to.';
  return `Open ${address} from this machine and compare with the sentence on the left.`;
}

/** How many sources are in each state. */
export function countSources(rows: readonly SourceRow[]): Record<Status, number> {
  const counts: Record<Status, number> = { ok: 0, attention: 0, bad: 0, unknown: 0 };
  for (const row of rows) counts[row.status]++;
  return counts;
}

export interface DoorRow {
  readonly key: string;
  readonly receiver: string;
  readonly path: string;
  readonly accepted: number;
  readonly refused: number;
  /** Reasons of refusals, the most frequent first. */
  readonly reasons: readonly (readonly [reason: string, count: number])[];
}

/** Doors with what was refused and why. */
export const doorRows = (doors: readonly Door[]): DoorRow[] =>
  doors.map(({ receiver, path, accepted, refused }) => {
    const reasons = Object.entries(refused)
      .filter(([, count]) => count > 0)
      .sort(([, a], [, b]) => b - a);
    return {
      key: `${receiver} ${path}`,
      receiver,
      path,
      accepted,
      refused: reasons.reduce((sum, [, count]) => sum + count, 0),
      reasons,
    };
  });
