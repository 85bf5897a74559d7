import type { State } from '@binnacle/db/state/open-state.ts';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import type { Logger } from 'pino';
import type { GuardedFetch } from '../net/guarded-fetch.ts';
import { createAlertStore, type RuleStatus } from './alert-store.ts';
import { attemptDelivery, type Sender } from './attempt.ts';
import { compileRule } from './compile-rule.ts';
import { createEvaluator, type Evaluate, type EvaluatorRole } from './evaluator.ts';
import type { Instance } from './instances.ts';
import { createOutbox, type Outbox } from './outbox.ts';
import { alertsAnswerOf, type RuleView, rulesAnswerOf } from './prometheus-answers.ts';
import { seedDefaultRules } from './seed-rules.ts';
import { createSilences, type Silences } from './silences/silence-store.ts';
import { testNotification } from './test-notification.ts';

export interface AlertsOptions {
  readonly state: State;
  /** Runs PromQL at one instant. */
  readonly evaluate: Evaluate;
  readonly log: Logger;
  /** Sends to addresses that people typed in; see `net/guarded-fetch.ts`. Closed by `stop`. */
  readonly fetchGuarded: GuardedFetch;
  /** Where people reach the web app, for links in notifications; null where it is not known. */
  readonly externalUrl: string | null;
  /** Opens channels' addresses and secrets, which lie sealed in Postgres. */
  readonly unseal?: Sender['unseal'];
  readonly now?: () => number;
}

/** State of the alert engine, for the Alerts page and `/readyz`. Times are ms since 1970. */
export interface AlertsHealth {
  readonly role: EvaluatorRole;
  /** A sentence when rules are not evaluated or notifications not delivered; null when all is well. */
  readonly problem: string | null;
  readonly lastEvaluatedAt: number | null;
  readonly rules: number;
  /** Rules whose last evaluation failed: their alerts stay as they were. */
  readonly failing: readonly { readonly rule: string; readonly error: string }[];
  /** Changes that wait for Postgres. */
  readonly unsaved: number;
  /** Null while Postgres is away. */
  readonly outbox: { readonly queued: number; readonly dead: number; readonly oldestQueuedAt: number | null } | null;
}

/** What sending a test came to; the address and the signature are left out. */
export interface ChannelTest {
  readonly ok: boolean;
  readonly status: number | null;
  readonly reason: string | null;
  readonly request: string;
  readonly answer: string;
  readonly durationMs: number;
}

export interface Alerts {
  readonly alertmanager: {
    readonly silences: Silences;
    /** Alerts that fire now. Throws `state_unavailable` while no rule is known. */
    firing(): Promise<readonly Instance[]>;
  };
  /** Begins to evaluate and deliver. Postgres being away is a state, not a failure. */
  start(): void;
  stop(): Promise<void>;
  /** The sentence of `health`, without asking Postgres. */
  problem(): string | undefined;
  health(): Promise<AlertsHealth>;
  /** `data` of `GET /api/v1/rules` and `/api/v1/alerts`. Throw `state_unavailable` while no rule is known. */
  rulesAnswer(): Promise<ReturnType<typeof rulesAnswerOf>>;
  alertsAnswer(): Promise<ReturnType<typeof alertsAnswerOf>>;
  /** Sends a test notification to a channel, on or off, at once and past the outbox. Throws `not_found`. */
  testChannel(id: string): Promise<ChannelTest>;
}

/** The one door to rules, their state, the outbox and the channels. */
export function openAlerts(options: AlertsOptions): Alerts {
  const { state, evaluate, log, fetchGuarded, now = Date.now } = options;
  const externalUrl = options.externalUrl?.replace(/\/+$/, '') ?? null;
  const sender: Sender = {
    fetchGuarded,
    externalUrl,
    now,
    ...(options.unseal === undefined ? {} : { unseal: options.unseal }),
  };
  const silences = createSilences(state, now, () => outbox.wake());
  const outbox: Outbox = createOutbox({ state, sender, log, silenceOf: (labels) => silences.holding(labels) });
  const evaluator = createEvaluator({
    state,
    evaluate,
    log,
    now,
    onQueued: () => outbox.wake(),
    onLead: () => seedDefaultRules(state, log),
  });
  const store = createAlertStore(state);

  async function views(): Promise<RuleView[]> {
    if (evaluator.role === 'waiting') {
      throw new BinnacleError('state_unavailable', evaluator.trouble ?? 'Alert rules have not been read yet.', {
        retryAfterSeconds: 5,
      });
    }
    if (evaluator.role !== 'standby') return evaluator.rules();
    const [rows, instances] = await Promise.all([store.readRules(), store.readOpenInstances()]);
    return rows.map((row) => ({
      rule: compileRule(row),
      instances: instances.filter(({ ruleId }) => ruleId === row.id),
      status: statusOf(row),
    }));
  }

  return {
    alertmanager: {
      silences,
      firing: async () =>
        (await views()).flatMap(({ instances }) => instances.filter(({ state: now }) => now === 'firing')),
    },
    start() {
      evaluator.start();
      outbox.start();
    },
    async stop() {
      await evaluator.stop();
      await outbox.stop();
      await fetchGuarded.close();
    },
    problem: () => evaluator.trouble ?? undefined,
    async health() {
      const rules = evaluator.rules();
      return {
        role: evaluator.role,
        problem: evaluator.trouble,
        lastEvaluatedAt: evaluator.lastEvaluatedAtMs,
        rules: rules.length,
        failing: rules.flatMap(({ rule, status }) => (status?.error ? [{ rule: rule.name, error: status.error }] : [])),
        unsaved: evaluator.unsaved,
        outbox: await outbox.health(),
      };
    },
    rulesAnswer: async () => rulesAnswerOf(await views()),
    alertsAnswer: async () => alertsAnswerOf(await views()),
    async testChannel(id) {
      const channel = await state.prisma.notificationChannel.findUnique({ where: { id } });
      if (channel === null) throw new BinnacleError('not_found', 'There is no notification channel with that id.');
      const { outcome, requestBody, answer, durationMs } = await attemptDelivery(
        sender,
        channel,
        testNotification(now()),
      );
      return {
        ok: outcome.kind === 'sent',
        status: outcome.status,
        reason: outcome.kind === 'sent' ? null : outcome.reason,
        request: requestBody,
        answer,
        durationMs,
      };
    },
  };
}

function statusOf(
  row: Awaited<ReturnType<ReturnType<typeof createAlertStore>['readRules']>>[number],
): RuleStatus | null {
  if (row.lastEvaluatedAt === null) return null;
  return {
    ruleId: row.id,
    evaluatedAtMs: row.lastEvaluatedAt.getTime(),
    durationMs: row.lastDurationMs ?? 0,
    error: row.lastError,
  };
}
