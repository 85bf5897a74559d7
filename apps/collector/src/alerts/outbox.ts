import type { State } from '@binnacle/db/state/open-state.ts';
import { isStateAway } from '@binnacle/db/state/state-away.ts';
import type { Logger } from 'pino';
import { type Attempt, attemptDelivery, type Outcome, type Sender } from './attempt.ts';
import { channels } from './channels/registry.ts';
import { groupOfOne } from './group-of-one.ts';
import type { AlertEvent } from './instances.ts';
import { attempts as attemptCount } from './self-telemetry.ts';

export interface OutboxOptions {
  readonly state: State;
  readonly sender: Sender;
  readonly log: Logger;
  /** The silence that holds back an alert with these labels now, or null. */
  readonly silenceOf?: (labels: Readonly<Record<string, string>>) => Promise<{ id: string; endsAtMs: number } | null>;
  /** 0 to 1, for the jitter. */
  readonly random?: () => number;
}

/**
 * Sends what the evaluator queued, at least once. Any number of gateways may work on the same outbox: a row is claimed
 * for `leaseMs`, and comes up again when its claimer dies.
 */
export interface Outbox {
  /** Claims what is due, at most one per channel, and tries it; resolves to how many were tried. */
  runOnce(): Promise<number>;
  /** Looks at once instead of at the next turn. */
  wake(): void;
  start(): void;
  stop(): Promise<void>;
  health(): Promise<{ queued: number; dead: number; oldestQueuedAt: number | null } | null>;
}

export const maxAttempts = 10;
export const leaseMs = 30_000;
const idleMs = 2_000;
const burstMs = 2_000;
/** What each service takes, as rows for the claim: what was sent stands in Postgres, so it holds over all gateways. */
const rates = JSON.stringify(
  Object.entries(channels).map(([kind, { rate }]) => ({ kind, per_minute: rate.ratePerMinute, burst: rate.burst })),
);
const awayMs = 5_000;
const keepSentMs = 7 * 86_400_000;
const housekeepEveryMs = 60_000;

/** 5 s, 15 s, 45 s, … up to an hour, a fifth more or less, so that many do not come at once. */
export function backoffMs(attempts: number, random: number): number {
  return Math.round(Math.min(5_000 * 3 ** (attempts - 1), 3_600_000) * (0.8 + 0.4 * random));
}

interface Claimed {
  id: string;
  channel_id: string;
  name: string;
  kind: string;
  url: string;
  secret: string | null;
  payload: AlertEvent;
  attempts: number;
}

export function createOutbox({ state, sender, log, silenceOf, random = Math.random }: OutboxOptions): Outbox {
  const { prisma } = state;
  const { now } = sender;
  const stopping = new AbortController();
  let loop: Promise<void> = Promise.resolve();
  let wakeUp: () => void = () => undefined;
  let awake = false;
  let housekeepAtMs = 0;

  const claim = (atMs: number) => prisma.$queryRaw<Claimed[]>`
    UPDATE delivery SET attempts = delivery.attempts + 1, silenced_by = NULL, next_attempt_at = ${new Date(atMs + leaseMs)}::timestamp
    FROM (
      SELECT due.id, c.id AS channel_id, c.name, c.kind, c.url, c.secret
      FROM notification_channel c CROSS JOIN LATERAL (
        SELECT d.id FROM delivery d
        WHERE d.channel_id = c.id AND d.state = 'queued' AND d.next_attempt_at <= ${new Date(atMs)}::timestamp
          AND NOT EXISTS (
            SELECT 1 FROM delivery before WHERE before.channel_id = d.channel_id AND before.instance_id = d.instance_id
              AND before.state = 'queued' AND before.sequence < d.sequence)
        ORDER BY d.sequence LIMIT 1 FOR UPDATE SKIP LOCKED) due
      LEFT JOIN jsonb_to_recordset(${rates}::jsonb) AS rate(kind text, per_minute int, burst int) ON rate.kind = c.kind
      WHERE c.enabled AND (rate.kind IS NULL OR (
        (SELECT count(*) FROM delivery said WHERE said.channel_id = c.id
          AND said.sent_at > ${new Date(atMs - 60_000)}::timestamp) < rate.per_minute AND
        (SELECT count(*) FROM delivery said WHERE said.channel_id = c.id
          AND said.sent_at > ${new Date(atMs - burstMs)}::timestamp) < rate.burst))
      LIMIT 8) chosen
    WHERE delivery.id = chosen.id
    RETURNING delivery.id, delivery.payload, delivery.attempts, chosen.channel_id, chosen.name, chosen.kind, chosen.url, chosen.secret`;

  /** Puts a fire that a silence holds back to where that ends; whether it did. A resolve follows a fire that was told. */
  async function holdBack(row: Claimed): Promise<boolean> {
    if (row.payload.event !== 'firing' || silenceOf === undefined) return false;
    const silence = await silenceOf(row.payload.labels);
    if (silence === null) return false;
    await prisma.delivery.updateMany({
      where: { id: row.id, state: 'queued' },
      data: { silencedBy: silence.id, attempts: { decrement: 1 }, nextAttemptAt: new Date(silence.endsAtMs) },
    });
    return true;
  }

  /** What a silence holds back is not told at all once the alert is over. */
  const cancelOver = () => prisma.$executeRaw`
    UPDATE delivery SET state = 'canceled', silenced_by = NULL
    FROM alert_instance i
    WHERE i.id = delivery.instance_id AND i.state = 'resolved' AND delivery.state = 'queued' AND EXISTS (
      SELECT 1 FROM delivery held WHERE held.channel_id = delivery.channel_id AND held.instance_id = delivery.instance_id
        AND held.state = 'queued' AND held.silenced_by IS NOT NULL)`;

  async function deliver(row: Claimed): Promise<void> {
    if (await holdBack(row)) return;
    let attempt: Attempt;
    try {
      attempt = await attemptDelivery(sender, row, groupOfOne(row.id, row.payload), stopping.signal);
    } catch (error) {
      if (!stopping.signal.aborted) throw error;
      // Interrupted by stop: whoever runs next tries it at once.
      await prisma.delivery.updateMany({
        where: { id: row.id, state: 'queued' },
        data: { attempts: { decrement: 1 }, nextAttemptAt: new Date(now()) },
      });
      return;
    }
    const { outcome } = attempt;
    const final = outcome.kind === 'retry' && row.attempts >= maxAttempts ? givenUp(outcome) : outcome;
    attemptCount.add(1, { kind: row.kind, outcome: final.kind });
    if (final.kind !== 'sent')
      log.warn({ channel: row.name, status: final.status, reason: final.reason }, `alerts: delivery ${final.kind}`);
    await settle(row, final);
  }

  async function settle(row: Claimed, outcome: Outcome): Promise<void> {
    const mine = { id: row.id, state: 'queued' as const };
    if (outcome.kind === 'sent') {
      await prisma.delivery.updateMany({
        where: mine,
        data: { state: 'sent', sentAt: new Date(now()), lastStatus: outcome.status, lastError: null },
      });
      return;
    }
    const told = { lastStatus: outcome.status, lastError: outcome.reason };
    if (outcome.kind === 'retry') {
      const nextAttemptAt = new Date(now() + backoffMs(row.attempts, random()));
      await prisma.delivery.updateMany({ where: mine, data: { ...told, nextAttemptAt } });
      if (outcome.retryAtMs !== null) {
        // The service asked for quiet: that holds for everything of the channel, this row among it.
        const until = new Date(outcome.retryAtMs);
        await prisma.delivery.updateMany({
          where: { channelId: row.channel_id, state: 'queued', nextAttemptAt: { lt: until } },
          data: { nextAttemptAt: until },
        });
      }
      return;
    }
    await prisma.delivery.updateMany({ where: mine, data: { ...told, state: 'dead' } });
    if (outcome.kind === 'gone') {
      const disabledReason =
        outcome.status === 410
          ? 'The service said that this address is gone for good (410): make a new webhook there.'
          : outcome.status === null
            ? outcome.reason
            : `${outcome.reason} Make a new webhook there.`;
      await prisma.notificationChannel.update({
        where: { id: row.channel_id },
        data: { enabled: false, disabledReason },
      });
      await killSwitchedOff();
    }
  }

  const killSwitchedOff = () =>
    prisma.delivery.updateMany({
      where: { state: 'queued', channel: { enabled: false } },
      data: { state: 'dead', lastError: 'The channel was switched off before this was sent.' },
    });

  async function housekeep(): Promise<void> {
    housekeepAtMs = now() + housekeepEveryMs;
    await killSwitchedOff();
    await prisma.delivery.deleteMany({
      where: {
        state: { not: 'queued' },
        createdAt: { lt: new Date(now() - keepSentMs) },
        instance: { state: 'resolved' },
      },
    });
  }

  async function runOnce(): Promise<number> {
    if (now() >= housekeepAtMs) await housekeep();
    await cancelOver();
    const rows = await claim(now());
    await Promise.all(rows.map(deliver));
    return rows.length;
  }

  async function turn(): Promise<number> {
    try {
      return (await runOnce()) > 0 ? 0 : idleMs;
    } catch (error) {
      // The evaluator says that Postgres is away.
      if (!isStateAway(error)) log.error({ err: error }, 'alerts: the outbox failed');
      return awayMs;
    }
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      awake = false;
      const waitMs = await turn();
      if (waitMs === 0 || awake || stopping.signal.aborted) continue;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, waitMs);
        wakeUp = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  return {
    runOnce,
    wake() {
      awake = true;
      wakeUp();
    },
    start() {
      loop = run();
    },
    async stop() {
      stopping.abort();
      wakeUp();
      await loop;
    },
    async health() {
      try {
        const [queued, dead] = await Promise.all([
          prisma.delivery.aggregate({
            where: { state: 'queued', silencedBy: null },
            _count: true,
            _min: { createdAt: true },
          }),
          prisma.delivery.count({ where: { state: 'dead' } }),
        ]);
        return { queued: queued._count, dead, oldestQueuedAt: queued._min.createdAt?.getTime() ?? null };
      } catch (error) {
        if (isStateAway(error)) return null;
        throw error;
      }
    },
  };
}

function givenUp(outcome: Extract<Outcome, { kind: 'retry' }>): Outcome {
  return { kind: 'dead', status: outcome.status, reason: `Given up after ${maxAttempts} attempts. ${outcome.reason}` };
}
