import { createHash, randomUUID } from 'node:crypto';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import type { CompiledRule } from './compile-rule.ts';

/** One series of an evaluated rule. */
export interface AlertSeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** What a notification says: the alert as it was when it fired or resolved. */
export interface AlertEvent {
  readonly event: 'firing' | 'resolved';
  readonly atMs: number;
  readonly alertname: string;
  readonly severity: string;
  readonly layer: string;
  readonly expr: string;
  readonly fingerprint: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly valueText: string;
  readonly activeAtMs: number;
  readonly firedAtMs: number;
  readonly resolvedAtMs: number | null;
}

/** One label set of one rule. Changed in place by `advance`, written down by the store when `version` moved. */
export interface Instance {
  id: string;
  readonly ruleId: string;
  readonly fingerprint: string;
  state: 'pending' | 'firing' | 'resolved';
  readonly labels: Readonly<Record<string, string>>;
  annotations: Readonly<Record<string, string>>;
  value: number;
  activeAtMs: number;
  firedAtMs: number | null;
  resolvedAtMs: number | null;
  /** A query of this process has returned it; one that was only read back from Postgres has not been seen yet. */
  seen: boolean;
  /** Postgres has a row of it. */
  saved: boolean;
  /** Events that Postgres does not have yet. */
  events: AlertEvent[];
  version: number;
}

/** Series of one rule that may be active at once; more is a rule that selects too much. */
export const maxInstancesPerRule = 2_000;

export interface Advance {
  /** Instances that changed, in the order of their events. */
  readonly changed: Instance[];
  /** What began or ended in this step. */
  readonly events: Array<AlertEvent['event']>;
  /** Pending ones that went away before they fired: nothing remains of them. */
  readonly vanished: Instance[];
}

/**
 * Moves the open instances of a rule (by fingerprint, changed in place) to what an evaluation at `nowMs` returned:
 * pending when new, firing once active for `for`, resolved when no longer returned. `keepUnseen` leaves those that were
 * read back after a restart and have not been seen yet as they are: just after a start the store may not hold fresh
 * samples again. Throws `query_failed`, and changes nothing, for two series of one identity or too many series.
 */
export function advance(
  rule: CompiledRule,
  open: Map<string, Instance>,
  series: readonly AlertSeries[],
  nowMs: number,
  keepUnseen: boolean,
): Advance {
  const active = identify(rule, series);
  const changed: Instance[] = [];
  const vanished: Instance[] = [];
  const events: Array<AlertEvent['event']> = [];
  for (const [fingerprint, { labels, annotations, value }] of active) {
    let instance = open.get(fingerprint);
    if (instance === undefined) {
      instance = newInstance(rule.id, fingerprint, labels, nowMs);
      open.set(fingerprint, instance);
    } else if (instance.seen && instance.state === 'firing' && saysTheSame(instance, value, annotations)) {
      continue;
    }
    instance.seen = true;
    instance.value = value;
    instance.annotations = annotations;
    if (instance.state === 'pending' && nowMs - instance.activeAtMs >= rule.forMs) {
      instance.state = 'firing';
      instance.firedAtMs = nowMs;
      instance.events.push(eventOf(rule, instance, 'firing', nowMs));
      events.push('firing');
    }
    instance.version++;
    changed.push(instance);
  }
  for (const [fingerprint, instance] of open) {
    if (active.has(fingerprint) || (keepUnseen && !instance.seen)) continue;
    open.delete(fingerprint);
    if (instance.state === 'pending') vanished.push(instance);
    else {
      resolve(rule, instance, nowMs);
      events.push('resolved');
      changed.push(instance);
    }
  }
  return { changed, vanished, events };
}

/** Ends a firing instance, also when its rule was switched off. */
export function resolve(rule: CompiledRule, instance: Instance, nowMs: number): void {
  instance.state = 'resolved';
  instance.resolvedAtMs = nowMs;
  instance.events.push(eventOf(rule, instance, 'resolved', nowMs));
  instance.version++;
}

/** A float as Prometheus writes it. */
export function valueText(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf';
  if (value === Number.NEGATIVE_INFINITY) return '-Inf';
  return String(value);
}

/** Identity of a label set: 16 hex digits of the SHA-256 over its sorted pairs. */
export function fingerprintOf(labels: Readonly<Record<string, string>>): string {
  const text = Object.keys(labels)
    .sort()
    .map((name) => `${name}\u00ff${labels[name]}\u00ff`)
    .join('');
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

function saysTheSame(instance: Instance, value: number, annotations: Readonly<Record<string, string>>): boolean {
  return Object.is(instance.value, value) && JSON.stringify(instance.annotations) === JSON.stringify(annotations);
}

interface Identified extends AlertSeries {
  readonly annotations: Readonly<Record<string, string>>;
}

function identify(rule: CompiledRule, series: readonly AlertSeries[]): Map<string, Identified> {
  if (series.length > maxInstancesPerRule) {
    throw new BinnacleError(
      'query_failed',
      `The rule returned ${series.length} series; ${maxInstancesPerRule} is the limit.`,
    );
  }
  const active = new Map<string, Identified>();
  for (const { labels: found, value } of series) {
    const { __name__: _, ...seriesLabels } = found;
    const data = { labels: seriesLabels, value };
    const labels: Record<string, string> = { ...seriesLabels };
    for (const [name, template] of rule.labels) labels[name] = template(data);
    labels.alertname = rule.name;
    labels.severity = rule.severity;
    for (const name of Object.keys(labels)) if (labels[name] === '') delete labels[name];
    const fingerprint = fingerprintOf(labels);
    if (active.has(fingerprint)) {
      throw new BinnacleError(
        'query_failed',
        'The rule returned two series with the same labels: aggregate, or keep a label that tells them apart.',
      );
    }
    const annotations = Object.fromEntries(rule.annotations.map(([name, template]) => [name, template(data)]));
    active.set(fingerprint, { labels, value, annotations });
  }
  return active;
}

function newInstance(
  ruleId: string,
  fingerprint: string,
  labels: Readonly<Record<string, string>>,
  nowMs: number,
): Instance {
  return {
    id: randomUUID(),
    ruleId,
    fingerprint,
    state: 'pending',
    labels,
    annotations: {},
    value: Number.NaN,
    activeAtMs: nowMs,
    firedAtMs: null,
    resolvedAtMs: null,
    seen: true,
    saved: false,
    events: [],
    version: 0,
  };
}

function eventOf(rule: CompiledRule, instance: Instance, event: AlertEvent['event'], atMs: number): AlertEvent {
  return {
    event,
    atMs,
    alertname: rule.name,
    severity: instance.labels.severity ?? rule.severity,
    layer: rule.layer,
    expr: rule.expr,
    fingerprint: instance.fingerprint,
    labels: instance.labels,
    annotations: instance.annotations,
    valueText: valueText(instance.value),
    activeAtMs: instance.activeAtMs,
    firedAtMs: instance.firedAtMs ?? atMs,
    resolvedAtMs: instance.resolvedAtMs,
  };
}
