import { createLeaderLock } from '@binnacle/db/state/leader-lock.ts';
import type { State } from '@binnacle/db/state/open-state.ts';
import { isStateAway } from '@binnacle/db/state/state-away.ts';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import { SpanStatusCode } from '@opentelemetry/api';
import type { Logger } from 'pino';
import { type Changes, createAlertStore, evaluatorLockKey, type RuleStatus } from './alert-store.ts';
import { type CompiledRule, compileRule } from './compile-rule.ts';
import { type AlertSeries, advance, type Instance, resolve } from './instances.ts';
import { mergeOpenInstances } from './merge-instances.ts';
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
  /** Rules as known here, with their open instances; empty while another gateway evaluates. */
  rules(): Array<{ rule: CompiledRule; instances: readonly Instance[]; status: RuleStatus | null }>;
  /** Changes that Postgres does not have yet. */
  readonly unsaved: number;
  readonly lastEvaluatedAtMs: number | null;
}

const maintainEveryMs = 5_000;
const pruneEveryMs = 3_600_000;
/** After a start, how long alerts that were read back stay as they are while no query has returned them. */
export const restartGraceMs = 60_000;
/** A pending alert keeps its age over a gap in evaluation of up to this; after a longer one it begins anew. */
export const gapToleranceMs = 3_600_000;
const maxConcurrent = 3;
const maxUnsaved = 20_000;

export function createEvaluator({ state, evaluate, log, now, onQueued, onLead }: EvaluatorOptions): Evaluator {
  const store = createAlertStore(state);
  const lock = createLeaderLock(state.databaseUrl, evaluatorLockKey);
  let role: EvaluatorRole = 'waiting';
  let trouble: string | null = null;
  let rulesVersion = '';
  let rules = new Map<string, CompiledRule>();
  const open = new Map<string, Map<string, Instance>>();
  const nextAtMs = new Map<string, number>();
  const inFlight = new Map<string, Promise<void>>();
  const statuses = new Map<string, RuleStatus>();
  const unsavedStatuses = new Map<string, RuleStatus>();
  const unsaved = new Set<Instance>();
  const vanished = new Set<string>();
  let readBackAtMs = 0;
  let maintainAtMs = 0;
  let pruneAtMs = 0;
  let lastEvaluatedAtMs: number | null = null;
  let saving: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  const stopping = new AbortController();

  const instancesOf = (ruleId: string) => {
    const found = open.get(ruleId) ?? new Map<string, Instance>();
    open.set(ruleId, found);
    return found;
  };

  function note(instance: Instance) {
    unsaved.add(instance);
    if (unsaved.size <= maxUnsaved) return;
    const [oldest] = unsaved;
    if (oldest !== undefined) unsaved.delete(oldest);
    trouble = `Postgres is away for so long that more than ${maxUnsaved} changes of alerts wait: the oldest are lost.`;
  }

  function forget() {
    for (const memory of [rules, open, nextAtMs, statuses, unsavedStatuses, unsaved, vanished]) memory.clear();
    rulesVersion = '';
  }

  function lose(error: unknown, doing: string) {
    if (!isStateAway(error)) log.error({ err: error }, `alerts: ${doing} failed`);
    else if (role === 'evaluating') log.warn('alerts: Postgres is away, evaluating in memory');
    role = rules.size > 0 ? 'alone' : 'waiting';
    trouble = isStateAway(error)
      ? role === 'alone'
        ? 'Postgres is away: rules are evaluated as they were, notifications wait.'
        : 'Postgres is away: no alert rule is known.'
      : `Alert state cannot be read or written: ${error instanceof Error ? error.message : 'unknown error'}`;
  }

  /** Sees to the lock, the rules and what could not be written; every few seconds, so an outage costs little. */
  async function maintain(): Promise<void> {
    try {
      if (!(await lock.hold())) {
        if (role !== 'standby') log.info('alerts: another gateway evaluates the rules');
        forget();
        role = 'standby';
        trouble = null;
        return;
      }
      if (role !== 'evaluating' && role !== 'alone') await onLead();
      const version = await store.rulesVersion();
      if (version !== rulesVersion || role !== 'evaluating') {
        await readRules();
        rulesVersion = version;
      }
      if (role !== 'evaluating') {
        // First start, or back after an outage in which another gateway may have been at work.
        if (role !== 'alone') readBackAtMs = now();
        const rows = await store.readOpenInstances();
        for (const row of restartPending(rows)) vanished.add(row.id);
        mergeOpenInstances(rows, open, unsaved, vanished);
        for (const ruleId of open.keys()) if (!rules.has(ruleId)) open.delete(ruleId);
        log.info({ rules: rules.size, alerts: rows.length }, 'alerts: this gateway evaluates the rules');
      }
      role = 'evaluating';
      trouble = null;
      if (now() >= pruneAtMs) {
        pruneAtMs = now() + pruneEveryMs;
        await store.prune(now());
      }
    } catch (error) {
      lose(error, 'reading rules');
    }
  }

  async function readRules(): Promise<void> {
    const rows = await store.readRules();
    const next = new Map<string, CompiledRule>();
    for (const row of rows) {
      try {
        next.set(row.id, compileRule(row));
      } catch (error) {
        keepStatus({ ruleId: row.id, evaluatedAtMs: now(), durationMs: 0, error: messageOf(error) });
      }
    }
    for (const [id, rule] of next) {
      if (rule.enabled) {
        if (!nextAtMs.has(id)) nextAtMs.set(id, now());
        continue;
      }
      for (const instance of instancesOf(id).values()) {
        if (instance.state === 'pending') vanished.add(instance.id);
        else {
          resolve(rule, instance, now());
          note(instance);
        }
      }
      open.delete(id);
    }
    for (const id of rules.keys()) {
      if (next.has(id)) continue;
      for (const instance of open.get(id)?.values() ?? []) unsaved.delete(instance);
      open.delete(id);
      nextAtMs.delete(id);
      statuses.delete(id);
    }
    rules = next;
  }

  /** Pending alerts of rules that nobody evaluated for long: whether they held meanwhile is not known. */
  function restartPending(rows: Instance[]): Instance[] {
    const dropped = rows.filter(({ ruleId, state: at }) => {
      const lastMs = rules.get(ruleId)?.lastEvaluatedAtMs ?? null;
      return at === 'pending' && lastMs !== null && now() - lastMs > gapToleranceMs && role !== 'alone';
    });
    for (const row of dropped) rows.splice(rows.indexOf(row), 1);
    return dropped;
  }

  function keepStatus(status: RuleStatus) {
    statuses.set(status.ruleId, status);
    unsavedStatuses.set(status.ruleId, status);
  }

  async function evaluateRule(rule: CompiledRule, atMs: number): Promise<void> {
    const startedAt = performance.now();
    let error: string | null = null;
    await tracer.startActiveSpan('alerts.evaluate', { attributes: { 'alert.rule': rule.name } }, async (span) => {
      try {
        const signal = AbortSignal.any([stopping.signal, AbortSignal.timeout(Math.min(rule.intervalMs, 30_000))]);
        const series = await untilAborted(evaluate(rule.expr, atMs, signal), signal);
        // The rule may have been edited, or given to another gateway, in the meantime.
        if (rules.get(rule.id) !== rule) return;
        const { changed, vanished: gone } = advance(
          rule,
          instancesOf(rule.id),
          series,
          atMs,
          atMs - readBackAtMs < restartGraceMs,
        );
        for (const instance of changed) {
          note(instance);
          for (const { event } of instance.events) transitions.add(1, { event });
        }
        for (const instance of gone) {
          unsaved.delete(instance);
          vanished.add(instance.id);
        }
      } catch (cause) {
        // A query that fails says nothing: every alert of the rule stays as it is.
        if (stopping.signal.aborted) return;
        error = messageOf(cause);
        span.setStatus({ code: SpanStatusCode.ERROR });
      } finally {
        span.end();
      }
    });
    if (stopping.signal.aborted || !rules.has(rule.id)) return;
    evaluations.add(1, { outcome: error === null ? 'ok' : 'failed' });
    lastEvaluatedAtMs = atMs;
    keepStatus({ ruleId: rule.id, evaluatedAtMs: atMs, durationMs: performance.now() - startedAt, error });
  }

  /** Rules that are due; an evaluation that was missed is skipped, not made up for. */
  function takeDue(): CompiledRule[] {
    const atMs = now();
    const due: CompiledRule[] = [];
    for (const rule of rules.values()) {
      const plannedMs = nextAtMs.get(rule.id) ?? atMs;
      if (!rule.enabled || plannedMs > atMs || inFlight.has(rule.id)) continue;
      const missed = Math.floor((atMs - plannedMs) / rule.intervalMs);
      nextAtMs.set(rule.id, plannedMs + (missed + 1) * rule.intervalMs);
      due.push(rule);
    }
    return due;
  }

  async function evaluateDue(): Promise<void> {
    const queue = takeDue();
    const worker = async () => {
      for (let rule = queue.shift(); rule !== undefined; rule = queue.shift()) {
        const work = evaluateRule(rule, now());
        inFlight.set(rule.id, work);
        await work;
        inFlight.delete(rule.id);
      }
    };
    await Promise.all(Array.from({ length: Math.min(maxConcurrent, queue.length) }, worker));
  }

  function save(): Promise<void> {
    saving = saving.then(saveNow);
    return saving;
  }

  async function saveNow(): Promise<void> {
    const lockPid = lock.backendPid;
    if (role !== 'evaluating' || lockPid === null) return;
    const instances = [...unsaved];
    const gone = [...vanished];
    const ruleStatuses = [...unsavedStatuses.values()];
    if (instances.length + gone.length + ruleStatuses.length === 0) return;
    const versions = instances.map(({ version, events }) => ({ version, events: events.length }));
    const changes: Changes = { statuses: ruleStatuses, instances, vanished: gone };
    try {
      const queued = await store.save(changes, lockPid);
      instances.forEach((instance, i) => {
        instance.saved = true;
        instance.events.splice(0, versions[i]?.events ?? 0);
        if (instance.version === versions[i]?.version) unsaved.delete(instance);
      });
      for (const id of gone) vanished.delete(id);
      for (const status of ruleStatuses) {
        if (unsavedStatuses.get(status.ruleId) === status) unsavedStatuses.delete(status.ruleId);
      }
      if (queued > 0) onQueued();
    } catch (error) {
      lose(error, 'writing alert states');
    }
  }

  async function runOnce(): Promise<void> {
    if (stopping.signal.aborted) return;
    if (now() >= maintainAtMs) {
      maintainAtMs = now() + maintainEveryMs;
      await maintain();
    }
    await evaluateDue();
    await save();
  }

  return {
    runOnce,
    start() {
      let running = false;
      timer = setInterval(() => {
        if (running) return;
        running = true;
        runOnce()
          .catch((error: unknown) => log.error({ err: error }, 'alerts: an evaluation round failed'))
          .finally(() => {
            running = false;
          });
      }, 1_000);
    },
    async stop() {
      clearInterval(timer);
      stopping.abort();
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
      [...rules.values()].map((rule) => ({
        rule,
        instances: [...(open.get(rule.id)?.values() ?? [])],
        status: statuses.get(rule.id) ?? null,
      })),
    get unsaved() {
      return role === 'alone' ? unsaved.size + vanished.size : 0;
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
