import { createLeaderLock } from '@binnacle/db/state/leader-lock.ts';
import type { State } from '@binnacle/db/state/open-state.ts';
import { isStateAway } from '@binnacle/db/state/state-away.ts';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import { SpanStatusCode } from '@opentelemetry/api';
import type { Logger } from 'pino';
import { AlertMemory } from './alert-memory.ts';
import { createAlertStore, evaluatorLockKey, type RuleStatus } from './alert-store.ts';
import type { CompiledRule } from './compile-rule.ts';
import { type AlertSeries, advance, type Instance } from './instances.ts';
import { evaluations, tracer, transitions } from './self-telemetry.ts';

/** Runs a PromQL expression at one instant (ms since 1970); rejects for a query that fails. */
export type Evaluate = (expr: string, timeMs: number, signal: AbortSignal) => Promise<readonly AlertSeries[]>;

export interface EvaluatorOptions {
  readonly state: State;
  readonly evaluate: Evaluate;
  readonly log: Logger;
  readonly now: () => number;
  /** Called when notifications were queued. */
  readonly onQueued: () => void;
  /** Called with the lock held, before the rules are read for the first time. */
  readonly onLead: () => Promise<void>;
}

/**
 * evaluating: holds the lock and writes. alone: Postgres is away, the rules known so far are evaluated in memory and
 * written later. standby: another gateway evaluates. waiting: Postgres was never reached, so no rule is known.
 */
export type EvaluatorRole = 'evaluating' | 'alone' | 'standby' | 'waiting';

export interface Evaluator {
  /** Evaluates every rule that is due, once, and writes the outcome; what `start` does on a timer. */
  runOnce(): Promise<void>;
  start(): void;
  stop(): Promise<void>;
  readonly role: EvaluatorRole;
  /** A sentence when something is wrong with the state store, else null. */
  readonly trouble: string | null;
  /** Rules as known here, with their open alerts; empty while another gateway evaluates. */
  rules(): Array<{ rule: CompiledRule; instances: readonly Instance[]; status: RuleStatus | null }>;
  /** Changes that Postgres does not have yet, while it is away. */
  readonly unsaved: number;
  readonly lastEvaluatedAtMs: number | null;
}

const maintainEveryMs = 5_000;
const pruneEveryMs = 3_600_000;
const tickMs = 1_000;
/** After a start, how long alerts that were read back stay as they are while no query has returned them. */
const restartGraceMs = 60_000;
const maxQueryMs = 30_000;
const maxConcurrent = 3;

/** Evaluates the rules of Postgres, one gateway at a time, and keeps the state of their alerts there. */
export function createEvaluator({ state, evaluate, log, now, onQueued, onLead }: EvaluatorOptions): Evaluator {
  const store = createAlertStore(state);
  const lock = createLeaderLock(state.databaseUrl, evaluatorLockKey);
  const memory = new AlertMemory();
  const inFlight = new Map<string, Promise<void>>();
  const stopping = new AbortController();
  let role: EvaluatorRole = 'waiting';
  let trouble: string | null = null;
  let rulesVersion = '';
  let readBackAtMs = 0;
  let maintainAtMs = 0;
  let pruneAtMs = 0;
  let lastEvaluatedAtMs: number | null = null;
  let saving: Promise<void> = Promise.resolve();
  const turns = createTurns(maxConcurrent);
  const rounds = new Set<Promise<void>>();
  let timer: NodeJS.Timeout | undefined;

  /** Sees to the lock and the rules; every few seconds, so that an outage costs little. */
  async function maintain(): Promise<void> {
    try {
      if (!(await lock.hold())) {
        if (role !== 'standby') log.info('alerts: another gateway evaluates the rules');
        memory.forget();
        role = 'standby';
        trouble = null;
        return;
      }
      const fresh = role !== 'evaluating' && role !== 'alone';
      if (fresh) await onLead();
      const version = await store.rulesVersion();
      if (version !== rulesVersion || role !== 'evaluating') {
        memory.takeRules(await store.readRules(), now());
        rulesVersion = version;
      }
      if (role !== 'evaluating') {
        // First start, or back after an outage in which another gateway may have been at work.
        if (fresh) readBackAtMs = now();
        const rows = await store.readOpenInstances();
        memory.takeOpenInstances(rows, now(), fresh);
        log.info({ rules: memory.rules.size, alerts: rows.length }, 'alerts: this gateway evaluates the rules');
      }
      role = 'evaluating';
      trouble =
        memory.lost === 0 ? null : `Postgres was away for so long that ${memory.lost} changes of alerts were lost.`;
      if (now() < pruneAtMs) return;
      pruneAtMs = now() + pruneEveryMs;
      await store.prune(now());
    } catch (error) {
      lose(error, 'reading rules');
    }
  }

  function lose(error: unknown, doing: string): void {
    const away = isStateAway(error);
    if (!away) log.error({ err: error }, `alerts: ${doing} failed`);
    else if (role === 'evaluating') log.warn('alerts: Postgres is away, evaluating in memory');
    role = memory.rules.size > 0 ? 'alone' : 'waiting';
    const waiting =
      role === 'alone' ? 'rules are evaluated as they were, notifications wait' : 'no alert rule is known';
    trouble = away
      ? `Postgres is away: ${waiting}.`
      : `Alert state cannot be read or written (${messageOf(error)}): ${waiting}.`;
  }

  async function evaluateRule(rule: CompiledRule, atMs: number): Promise<void> {
    const startedAt = performance.now();
    let error: string | null = null;
    await tracer.startActiveSpan('alerts.evaluate', { attributes: { 'alert.rule': rule.name } }, async (span) => {
      try {
        const limit = AbortSignal.timeout(Math.min(rule.intervalMs, maxQueryMs));
        const signal = AbortSignal.any([stopping.signal, limit]);
        const series = await untilAborted(evaluate(rule.expr, atMs, signal), signal);
        // The rule may have been edited, or given to another gateway, in the meantime.
        if (memory.rules.get(rule.id) !== rule) return;
        const keepUnseen = atMs - readBackAtMs < restartGraceMs;
        const advanced = advance(rule, memory.openOf(rule.id), series, atMs, keepUnseen);
        memory.keep(advanced);
        for (const event of advanced.events) transitions.add(1, { event });
      } catch (cause) {
        // A query that fails says nothing: every alert of the rule stays as it is.
        error = messageOf(cause);
        span.setStatus({ code: SpanStatusCode.ERROR });
      } finally {
        span.end();
      }
    });
    if (stopping.signal.aborted || memory.rules.get(rule.id) !== rule) return;
    evaluations.add(1, { outcome: error === null ? 'ok' : 'failed' });
    lastEvaluatedAtMs = atMs;
    memory.keepStatus({ ruleId: rule.id, evaluatedAtMs: atMs, durationMs: performance.now() - startedAt, error });
  }

  /** Starts what is due, and ends when that has ended; a slow rule keeps no other waiting but for `maxConcurrent`. */
  async function evaluateDue(): Promise<void> {
    const due = memory.takeDue(now(), (ruleId) => inFlight.has(ruleId));
    const work = due.map((rule) => {
      const one = turns.take(() => evaluateRule(rule, now())).finally(() => inFlight.delete(rule.id));
      inFlight.set(rule.id, one);
      return one;
    });
    await Promise.all(work);
  }

  async function saveNow(): Promise<void> {
    const lockPid = lock.backendPid;
    if (role !== 'evaluating' || lockPid === null) return;
    const taken = memory.takeChanges();
    if (taken === null) return;
    try {
      const queued = await store.save(taken.changes, lockPid);
      taken.written();
      if (queued > 0) onQueued();
    } catch (error) {
      lose(error, 'writing alert states');
    }
  }

  function save(): Promise<void> {
    saving = saving.then(saveNow);
    return saving;
  }

  async function runOnce(): Promise<void> {
    if (stopping.signal.aborted) return;
    if (now() >= maintainAtMs) {
      maintainAtMs = Number.POSITIVE_INFINITY;
      await maintain();
      maintainAtMs = now() + maintainEveryMs;
    }
    await evaluateDue();
    await save();
  }

  return {
    runOnce,
    start() {
      timer = setInterval(() => {
        const round = runOnce()
          .catch((error: unknown) => log.error({ err: error }, 'alerts: an evaluation round failed'))
          .finally(() => rounds.delete(round));
        rounds.add(round);
      }, tickMs);
    },
    async stop() {
      clearInterval(timer);
      stopping.abort();
      await Promise.all(rounds);
      await Promise.all(inFlight.values());
      await save();
      await lock.release();
    },
    get role() {
      return role;
    },
    get trouble() {
      return trouble;
    },
    rules: () =>
      [...memory.rules.values()].map((rule) => ({
        rule,
        instances: [...memory.openOf(rule.id).values()],
        status: memory.statuses.get(rule.id) ?? null,
      })),
    get unsaved() {
      return role === 'alone' ? memory.unsavedCount : 0;
    },
    get lastEvaluatedAtMs() {
      return lastEvaluatedAtMs;
    },
  };
}

function messageOf(error: unknown): string {
  if (error instanceof BinnacleError) return error.message;
  if (error instanceof Error && error.name === 'TimeoutError') return 'The query did not end in time.';
  return error instanceof Error ? error.message.slice(0, 500) : 'The query failed.';
}

/** Lets at most `places` pieces of work run at once; the others wait for their turn. */
function createTurns(places: number): { take(work: () => Promise<void>): Promise<void> } {
  const waiting: Array<() => void> = [];
  let free = places;
  return {
    async take(work) {
      if (free > 0) free--;
      else await new Promise<void>((resolve) => waiting.push(resolve));
      try {
        await work();
      } finally {
        const next = waiting.shift();
        if (next === undefined) free++;
        else next();
      }
    },
  };
}

/** Does not wait for a query that ignores its signal. */
async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let onAbort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    if (onAbort !== undefined) signal.removeEventListener('abort', onAbort);
  }
}
