import type { FreshnessAnswer, FreshnessRow } from '@binnacle/shared/api/freshness.ts';
import { type Status, statusOrder } from '#components/ui/status.tsx';
import type { Sample } from '#data/prometheus.ts';
import { age } from '#format/units.ts';
import { reasonText } from './reasons.ts';

/** How the times of a source agree with the gateway's clock, in words. */
export interface ClockText {
  readonly status: Status;
  readonly word: string;
  /** What it means and how it is known. */
  readonly sentence: string;
  /** What it sorts by, s: how far from right; null where nobody knows. */
  readonly offSeconds: number | null;
}

export interface SourceRow extends FreshnessRow {
  readonly key: string;
  /** What it is called: the source, or the sender. */
  readonly name: string;
  readonly status: Status;
  readonly word: string;
  /** One sentence: why it is in this state and what to do. */
  readonly sentence: string;
  /** Since the newest sample by its own clock, ms; negative where that runs ahead. */
  readonly sampleAgeMs: number | null;
  readonly arrivalAgeMs: number | null;
  readonly clock: ClockText;
  /** Of all reasons and codes, the most frequent first. */
  readonly topReason: string | null;
}

/** A clock that differs by less is as good as right. */
const aheadMs = 5000;
const lateMs = 60_000;
/** Without a usual interval to go by, a pause of so long is worth a word. */
const quietMs = 300_000;

export const keyOf = ({ receiver, source, sender }: Pick<FreshnessRow, 'receiver' | 'source' | 'sender'>): string =>
  [receiver, sender === null ? source : sender].join('/');

/** Every row with its state, the worst first, then by name. */
export function sourceRows(answer: FreshnessAnswer | undefined, nowMs: number): SourceRow[] {
  if (answer === undefined) return [];
  // The answer may be a little younger than the page's now, and no age is negative for that.
  const now = Math.max(nowMs, answer.at);
  const toldApart = new Set(answer.rows.flatMap(({ kind, receiver }) => (kind === 'sender' ? [receiver] : [])));
  return answer.rows
    .map((row): SourceRow => {
      const clock = row.kind === 'door' && toldApart.has(row.receiver) ? clocksOfSenders : clockOf(row);
      return {
        ...row,
        ...stateOf(row, answer, now, clock),
        key: keyOf(row),
        name: row.sender ?? (row.kind === 'door' ? `${row.receiver}: ${row.source}` : row.source),
        sampleAgeMs: row.lastSampleAt === null ? null : now - row.lastSampleAt,
        arrivalAgeMs: row.lastArrivalAt === null ? null : now - row.lastArrivalAt,
        clock,
        topReason: topReasonOf(row),
      };
    })
    .sort((a, b) => statusOrder[a.status] - statusOrder[b.status] || a.key.localeCompare(b.key));
}

function topReasonOf({ refused, refusedRequests }: FreshnessRow): string | null {
  const all = [...refused, ...refusedRequests].sort((a, b) => b.lastAt - a.lastAt);
  return all[0]?.reason ?? null;
}

type State = Pick<SourceRow, 'status' | 'word' | 'sentence'>;
const state = (status: Status, word: string, sentence: string): State => ({ status, word, sentence });

/** What keeps data away comes before what makes them doubtful. */
function stateOf(row: FreshnessRow, answer: FreshnessAnswer, now: number, clock: ClockText): State {
  const { kind, lastArrivalAt, silenceAfterMs, recalled } = row;
  const pauseMs = lastArrivalAt === null ? null : now - lastArrivalAt;
  if (row.state === 'consent')
    return state('attention', 'wants consent', 'Agree to it on the Sources page, if you know the command.');
  if (row.state === 'down') return state('bad', 'down', row.lastError ?? 'It cannot be read.');
  // Spans and log records are no samples: of these doors their receiver alone tells.
  if (pauseMs === null && row.state === 'up')
    return state('ok', 'receiving', 'Its receiver says so; what comes is not counted here.');
  if (pauseMs === null && row.lastSampleAt !== null)
    return state('unknown', 'quiet', `Nothing has come for ${age(now - row.lastSampleAt)}.`);
  if (pauseMs === null || lastArrivalAt === null)
    return state('unknown', 'waiting', row.lastError ?? 'Nothing has come yet.');
  const since = `Nothing has come for ${age(pauseMs)}`;
  if (kind === 'gone')
    return state('unknown', 'gone', `${since}, and it is configured no more: it is forgotten after a week.`);
  if (recalled && now - answer.startedAt <= (silenceAfterMs ?? 60_000))
    return state('unknown', 'expected', 'It sent before the gateway’s restart and is due.');
  if (recalled && silenceAfterMs === null)
    return state('unknown', 'quiet', `${since}: it sent before the gateway’s restart, and how often is not known.`);
  if (recalled)
    return state(
      'attention',
      'silent',
      `${since}: it stopped before or with the gateway’s restart. See whether it still runs and reaches the gateway.`,
    );
  if (silenceAfterMs !== null && pauseMs > silenceAfterMs) {
    const usual = row.usualIntervalMs === null ? '' : `, and it usually sends every ${age(row.usualIntervalMs)}`;
    return state('attention', 'silent', `${since}${usual}. See whether it still runs and reaches the gateway.`);
  }
  if (silenceAfterMs === null && pauseMs > quietMs)
    return state('unknown', 'quiet', `${since}. How often it sends is not known, so nobody can say that it is late.`);
  const refusing = (row.refusedPerSecond ?? 0) > 0 || (row.acceptedPerSecond ?? 0) === 0;
  const refusedAt = Math.max(0, ...[...row.refused, ...row.refusedRequests].map(({ lastAt }) => lastAt));
  if (refusing && refusedAt > 0 && refusedAt > (row.lastAcceptedAt ?? 0))
    return state('bad', 'refused', `All that it sends is refused: ${reasonText(topReasonOf(row) ?? '').title}.`);
  if (clock.status === 'attention') return state('attention', clock.word, clock.sentence);
  if ((row.refusedPerSecond ?? 0) > 0)
    return state('attention', 'partly refused', `A part is refused: ${reasonText(topReasonOf(row) ?? '').title}.`);
  return state('ok', 'receiving', 'It sends as usual.');
}

/** The smallest lag of a door is that of whoever is furthest ahead: it says nothing of the others. */
const clocksOfSenders: ClockText = {
  status: 'ok',
  word: 'by sender',
  sentence: 'Each sender has a clock of its own: their rows tell.',
  offSeconds: null,
};

/** Times of what is read at an interval are the gateway's own unless the source stamps its samples. */
const stampedHere = (kind: FreshnessRow['kind']) => kind === 'polled' || kind === 'self';

export function clockOf({
  kind,
  lagMs,
  lagIsSteady,
  usualIntervalMs,
}: Pick<FreshnessRow, 'kind' | 'lagMs' | 'lagIsSteady' | 'usualIntervalMs'>): ClockText {
  if (lagMs === null)
    return {
      status: 'unknown',
      word: 'not known',
      sentence: 'No sample has come since the gateway began, so nobody knows.',
      offSeconds: null,
    };
  const off = { offSeconds: Math.abs(lagMs) / 1000 };
  if (lagMs < -aheadMs) {
    return {
      ...off,
      status: 'attention',
      word: `${age(-lagMs)} ahead`,
      sentence: `Its samples are ${age(-lagMs)} ahead of their arrival. No delay does that: its clock, or the gateway’s, is wrong by at least as much.`,
    };
  }
  if (stampedHere(kind))
    return {
      status: 'ok',
      word: 'gateway’s',
      sentence: 'The gateway gives its samples their time as it reads them, so its own clock does not matter.',
      offSeconds: null,
    };
  if (lagMs <= Math.max(lateMs, 2 * (usualIntervalMs ?? 0)))
    return {
      ...off,
      status: 'ok',
      word: 'in time',
      sentence: `Its newest samples are ${lagMs < 1000 ? 'under a second' : age(lagMs)} old on arrival: its clock is not behind by more.`,
    };
  return lagIsSteady === true
    ? {
        ...off,
        status: 'attention',
        word: `${age(lagMs)} late`,
        sentence: `Its newest samples are ${age(lagMs)} old on arrival, and stay so: its clock is behind, or it holds everything back for that long. Compare its clock with the gateway’s.`,
      }
    : {
        ...off,
        status: 'attention',
        word: `${age(lagMs)} late`,
        sentence: `Its newest samples are ${age(lagMs)} old on arrival${lagIsSteady === false ? ', and that changes: it has a backlog' : '; whether that stays so is not known yet'}.`,
      };
}

export interface Counts {
  readonly total: number;
  readonly receiving: number;
  readonly silent: number;
  readonly refused: number;
  readonly down: number;
  readonly clocks: number;
  readonly waiting: number;
}

/** Rows by what matters most of each. Senders stand for their door: it is not counted beside them. */
export function countRows(rows: readonly SourceRow[]): Counts {
  const withSenders = new Set(rows.filter(({ kind }) => kind === 'sender').map(({ receiver }) => receiver));
  const counted = rows.filter(
    ({ kind, receiver }) => kind !== 'self' && kind !== 'gone' && !(kind === 'door' && withSenders.has(receiver)),
  );
  const of = (...words: string[]) => counted.filter(({ word }) => words.includes(word)).length;
  return {
    total: counted.length,
    receiving: of('receiving', 'partly refused') + counted.filter(isClock).length,
    silent: of('silent'),
    refused: of('refused'),
    down: of('down'),
    clocks: counted.filter(isClock).length,
    waiting: of('waiting', 'quiet', 'expected', 'wants consent'),
  };
}

const isClock = ({ word, clock }: SourceRow) => clock.status === 'attention' && word === clock.word;

/** Samples refused per second, of all sources; senders are parts of them. null before a minute has been watched. */
export function refusedPerSecond(answer: FreshnessAnswer | undefined): number | null {
  if (answer === undefined) return null;
  let sum = 0;
  for (const row of answer.rows) if (row.kind !== 'sender') sum += row.refusedPerSecond ?? 0;
  return sum;
}

export interface DoorRefusal {
  readonly key: string;
  readonly door: string;
  readonly code: string;
  readonly count: number;
}

/** Requests turned away at the doors, before anything of them was looked at. */
export const doorRefusals = (samples: readonly Sample[]): DoorRefusal[] =>
  samples
    .map(({ labels, value }) => {
      const [door, code] = [labels.door ?? '', labels.code ?? ''];
      return { key: `${door} ${code}`, door, code, count: Math.round(value) };
    })
    .sort((a, b) => b.count - a.count);

export interface AgentRow {
  readonly key: string;
  readonly seenAgeMs: number;
  readonly startedAt: number | null;
  readonly bufferBytes: number | null;
  /** null: nothing waits, or nobody knows; told apart by `bufferBytes`. */
  readonly oldestSeconds: number | null;
  readonly onDisk: boolean | null;
  readonly forwardedPerSecond: number | null;
  readonly refused: number;
  readonly lost: number;
  readonly status: Status;
  readonly word: string;
}

/** An agent tells of itself every 15 s. */
const agentLateMs = 60_000;

/** Agents as they told of themselves last, the worst first. */
export function agentRows(
  answers: Readonly<
    Record<'seen' | 'started' | 'buffer' | 'oldest' | 'onDisk' | 'forwarded' | 'refused' | 'lost', readonly Sample[]>
  >,
  nowMs: number,
): AgentRow[] {
  const of = (name: keyof typeof answers, instance: string) =>
    answers[name].find(({ labels }) => labels.instance === instance)?.value ?? null;
  return answers.seen
    .map(({ labels, value }): AgentRow => {
      const key = labels.instance ?? '';
      const seenAgeMs = Math.max(0, nowMs - value * 1000);
      const started = of('started', key);
      const onDisk = of('onDisk', key);
      const [oldestSeconds, lost, refusedCount] = [of('oldest', key), of('lost', key) ?? 0, of('refused', key) ?? 0];
      const [status, word]: [Status, string] =
        seenAgeMs > agentLateMs
          ? ['attention', 'silent']
          : lost > 0
            ? ['bad', 'buffer full']
            : refusedCount > 0
              ? ['attention', 'refused']
              : (oldestSeconds ?? 0) > 60
                ? ['attention', 'behind']
                : ['ok', 'forwards'];
      return {
        key,
        seenAgeMs,
        startedAt: started === null ? null : started * 1000,
        bufferBytes: of('buffer', key),
        oldestSeconds,
        onDisk: onDisk === null ? null : onDisk === 1,
        forwardedPerSecond: of('forwarded', key),
        refused: Math.round(refusedCount),
        lost: Math.round(lost),
        status,
        word,
      };
    })
    .sort((a, b) => statusOrder[a.status] - statusOrder[b.status] || a.key.localeCompare(b.key));
}
