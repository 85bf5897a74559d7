import type { AlertRule } from '@binnacle/db/generated/prisma/client.ts';
import type { Changes, RuleStatus } from './alert-store.ts';
import { type CompiledRule, compileRule } from './compile-rule.ts';
import { type Advance, type Instance, resolve } from './instances.ts';
import { mergeOpenInstances } from './merge-instances.ts';

/** A pending alert keeps its age over a gap in evaluation of up to this; after a longer one it begins anew. */
export const gapToleranceMs = 3_600_000;
/** Changes that wait for Postgres at most; then the oldest are dropped. */
const maxUnsaved = 20_000;

/** Rules, their open alerts, and what Postgres does not have yet: all that an evaluator knows. */
export class AlertMemory {
  rules: ReadonlyMap<string, CompiledRule> = new Map();
  readonly statuses = new Map<string, RuleStatus>();
  /** Changes that were dropped because Postgres stayed away for too long. */
  lost = 0;
  readonly #open = new Map<string, Map<string, Instance>>();
  readonly #nextAtMs = new Map<string, number>();
  readonly #unsaved = new Set<Instance>();
  readonly #vanished = new Set<string>();
  readonly #unsavedStatuses = new Map<string, RuleStatus>();

  forget(): void {
    this.rules = new Map();
    this.lost = 0;
    for (const part of [
      this.statuses,
      this.#open,
      this.#nextAtMs,
      this.#unsaved,
      this.#vanished,
      this.#unsavedStatuses,
    ]) {
      part.clear();
    }
  }

  openOf(ruleId: string): Map<string, Instance> {
    const found = this.#open.get(ruleId) ?? new Map<string, Instance>();
    this.#open.set(ruleId, found);
    return found;
  }

  get unsavedCount(): number {
    return this.#unsaved.size + this.#vanished.size;
  }

  keepStatus(status: RuleStatus): void {
    this.statuses.set(status.ruleId, status);
    this.#unsavedStatuses.set(status.ruleId, status);
  }

  keep({ changed, vanished }: Advance): void {
    for (const instance of changed) this.#note(instance);
    for (const instance of vanished) {
      this.#unsaved.delete(instance);
      this.#vanished.add(instance.id);
    }
  }

  /** Takes the rules as they are now. One that was switched off ends its alerts; one that was deleted takes them along. */
  takeRules(rows: readonly AlertRule[], nowMs: number): void {
    const next = new Map<string, CompiledRule>();
    for (const row of rows) {
      try {
        next.set(row.id, compileRule(row));
      } catch (error) {
        const message = error instanceof Error ? error.message : 'The rule cannot be read.';
        this.keepStatus({ ruleId: row.id, evaluatedAtMs: nowMs, durationMs: 0, error: message });
      }
    }
    for (const rule of next.values()) {
      if (!rule.enabled) this.#endAlertsOf(rule, nowMs);
      else if (!this.#nextAtMs.has(rule.id)) this.#nextAtMs.set(rule.id, nowMs);
    }
    for (const id of this.rules.keys()) {
      if (next.has(id)) continue;
      for (const instance of this.#open.get(id)?.values() ?? []) this.#unsaved.delete(instance);
      for (const part of [this.#open, this.#nextAtMs, this.statuses]) part.delete(id);
    }
    this.rules = next;
  }

  /**
   * Takes over what Postgres holds. After a start (`fresh`), pending alerts of rules that nobody evaluated for long are
   * dropped: whether they held meanwhile is not known.
   */
  takeOpenInstances(rows: readonly Instance[], nowMs: number, fresh: boolean): void {
    const isStale = ({ ruleId, state }: Instance) => {
      const lastMs = this.rules.get(ruleId)?.lastEvaluatedAtMs ?? null;
      return fresh && state === 'pending' && lastMs !== null && nowMs - lastMs > gapToleranceMs;
    };
    for (const row of rows) if (isStale(row)) this.#vanished.add(row.id);
    mergeOpenInstances(rows, this.#open, this.#unsaved, this.#vanished);
    for (const ruleId of this.#open.keys()) if (!this.rules.has(ruleId)) this.#open.delete(ruleId);
    // switched off while nobody evaluated
    for (const rule of this.rules.values()) if (!rule.enabled) this.#endAlertsOf(rule, nowMs);
  }

  /** Rules that are due at `nowMs` and not `busy`; an evaluation that was missed is skipped, not made up for. */
  takeDue(nowMs: number, busy: (ruleId: string) => boolean): CompiledRule[] {
    const due: CompiledRule[] = [];
    for (const rule of this.rules.values()) {
      const plannedMs = this.#nextAtMs.get(rule.id) ?? nowMs;
      if (!rule.enabled || plannedMs > nowMs || busy(rule.id)) continue;
      const missed = Math.floor((nowMs - plannedMs) / rule.intervalMs);
      this.#nextAtMs.set(rule.id, plannedMs + (missed + 1) * rule.intervalMs);
      due.push(rule);
    }
    return due;
  }

  /**
   * What is to be written, or null; `written` then takes it off the list, but for what changed again in the meantime.
   */
  takeChanges(): { changes: Changes; written: () => void } | null {
    const instances = [...this.#unsaved];
    const vanished = [...this.#vanished];
    const statuses = [...this.#unsavedStatuses.values()];
    if (instances.length + vanished.length + statuses.length === 0) return null;
    const versions = instances.map(({ version, events }) => ({ version, events: events.length }));
    const written = () => {
      instances.forEach((instance, i) => {
        instance.saved = true;
        instance.events.splice(0, versions[i]?.events ?? 0);
        if (instance.version === versions[i]?.version) this.#unsaved.delete(instance);
      });
      for (const id of vanished) this.#vanished.delete(id);
      for (const status of statuses) {
        if (this.#unsavedStatuses.get(status.ruleId) === status) this.#unsavedStatuses.delete(status.ruleId);
      }
    };
    return { changes: { statuses, instances, vanished }, written };
  }

  #endAlertsOf(rule: CompiledRule, nowMs: number): void {
    for (const instance of this.openOf(rule.id).values()) {
      if (instance.state === 'pending') {
        this.#unsaved.delete(instance);
        this.#vanished.add(instance.id);
      } else {
        resolve(rule, instance, nowMs);
        this.#note(instance);
      }
    }
    this.#open.delete(rule.id);
    this.#nextAtMs.delete(rule.id);
  }

  #note(instance: Instance): void {
    this.#unsaved.add(instance);
    if (this.#unsaved.size <= maxUnsaved) return;
    const [oldest] = this.#unsaved;
    if (oldest !== undefined) this.#unsaved.delete(oldest);
    this.lost++;
  }
}
