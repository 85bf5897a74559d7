import type { RuleStatus } from './alert-store.ts';
import type { CompiledRule } from './compile-rule.ts';
import { type Instance, valueText } from './instances.ts';

/** A rule with what is known of it, from memory or from Postgres. */
export interface RuleView {
  readonly rule: CompiledRule;
  readonly instances: readonly Instance[];
  readonly status: RuleStatus | null;
}

interface PrometheusAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly state: 'pending' | 'firing';
  readonly activeAt: string;
  readonly value: string;
}

/** `data` of Prometheus' `GET /api/v1/alerts`. */
export function alertsAnswerOf(views: readonly RuleView[]): { alerts: PrometheusAlert[] } {
  return { alerts: views.flatMap(({ instances }) => instances.flatMap(alertOf)) };
}

/** `data` of Prometheus' `GET /api/v1/rules`: one group per layer. */
export function rulesAnswerOf(views: readonly RuleView[]) {
  const groups = new Map<string, RuleView[]>();
  for (const view of views) groups.set(view.rule.layer, [...(groups.get(view.rule.layer) ?? []), view]);
  return {
    groups: [...groups].map(([name, members]) => ({
      name,
      file: 'binnacle',
      interval: Math.min(...members.map(({ rule }) => rule.intervalMs)) / 1000,
      limit: 0,
      rules: members.map(ruleOf),
      evaluationTime: members.reduce((sum, { status }) => sum + (status?.durationMs ?? 0), 0) / 1000,
      lastEvaluation: timeText(Math.max(0, ...members.map(({ status }) => status?.evaluatedAtMs ?? 0))),
    })),
  };
}

function ruleOf({ rule, instances, status }: RuleView) {
  const alerts = instances.flatMap(alertOf);
  const firing = alerts.some(({ state }) => state === 'firing');
  return {
    type: 'alerting' as const,
    name: rule.name,
    query: rule.expr,
    duration: rule.forMs / 1000,
    keepFiringFor: 0,
    labels: { severity: rule.severity, ...rule.labelTexts },
    annotations: rule.annotationTexts,
    alerts,
    state: firing ? ('firing' as const) : alerts.length > 0 ? ('pending' as const) : ('inactive' as const),
    health: status === null ? ('unknown' as const) : status.error === null ? ('ok' as const) : ('err' as const),
    ...(status?.error ? { lastError: status.error } : {}),
    evaluationTime: (status?.durationMs ?? 0) / 1000,
    lastEvaluation: timeText(status?.evaluatedAtMs ?? 0),
  };
}

function alertOf({ labels, annotations, state, activeAtMs, value }: Instance): PrometheusAlert[] {
  if (state === 'resolved') return [];
  return [{ labels, annotations, state, activeAt: new Date(activeAtMs).toISOString(), value: valueText(value) }];
}

/** Prometheus' zero time where a rule was not evaluated yet. */
function timeText(atMs: number): string {
  return atMs === 0 ? '0001-01-01T00:00:00Z' : new Date(atMs).toISOString();
}
