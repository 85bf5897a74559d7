import { BinnacleError } from '@binnacle/shared/errors.ts';
import type { State } from './open-state.ts';

/** What may be shown of one attempt to tell a channel. */
export interface DeliverySummary {
  readonly channel: string;
  readonly kind: string;
  readonly event: string;
  readonly state: 'queued' | 'sent' | 'dead' | 'canceled';
  readonly attempts: number;
  readonly lastStatus: number | null;
  readonly lastError: string | null;
  readonly createdAt: Date;
  readonly sentAt: Date | null;
  readonly nextAttemptAt: Date;
}

/** One occurrence of an alert with the rule that found it and what was sent about it. */
export interface AlertOccurrence {
  readonly id: string;
  readonly fingerprint: string;
  readonly state: 'pending' | 'firing' | 'resolved';
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly valueText: string;
  readonly activeAt: Date;
  readonly firedAt: Date | null;
  readonly resolvedAt: Date | null;
  /** Since when its rule's query fails: whether it still holds is unknown. */
  readonly unknownSince: Date | null;
  readonly ackedAt: Date | null;
  readonly ackedBy: string | null;
  readonly ackNote: string | null;
  readonly rule: {
    /** Null for an alert that another Prometheus sent: what stands here is from its labels. */
    readonly id: string | null;
    readonly name: string;
    readonly layer: string;
    readonly severity: string;
    readonly expr: string;
    readonly forSeconds: number;
  };
  readonly deliveries: readonly DeliverySummary[];
}

/** Occurrences that were open at some time of the range, newest first; at most `limit`. */
export async function listAlertOccurrences(
  { prisma }: State,
  { fromMs, toMs, limit }: { fromMs: number; toMs: number; limit: number },
): Promise<AlertOccurrence[]> {
  const rows = await prisma.alertInstance.findMany({
    where: {
      activeAt: { lte: new Date(toMs) },
      OR: [{ resolvedAt: null }, { resolvedAt: { gte: new Date(fromMs) } }],
    },
    // Open ones first, so that the limit never hides what fires.
    orderBy: [{ state: 'asc' }, { activeAt: 'desc' }],
    take: limit,
    include: {
      rule: { select: { id: true, name: true, layer: true, severity: true, expr: true, forSeconds: true } },
      deliveries: {
        orderBy: { sequence: 'asc' },
        select: {
          event: true,
          state: true,
          attempts: true,
          lastStatus: true,
          lastError: true,
          createdAt: true,
          sentAt: true,
          nextAttemptAt: true,
          channel: { select: { name: true, kind: true } },
        },
      },
    },
  });
  return rows.map(({ deliveries, labels, annotations, value: _value, ruleId: _rule, updatedAt: _at, ...row }) => ({
    ...row,
    rule: row.rule ?? ruleOfLabels(labels as Record<string, string>),
    labels: labels as Record<string, string>,
    annotations: annotations as Record<string, string>,
    deliveries: deliveries.map(({ channel, ...delivery }) => ({
      ...delivery,
      channel: channel.name,
      kind: channel.kind,
    })),
  }));
}

function ruleOfLabels({ alertname = '', layer = '', severity = '' }: Record<string, string>): AlertOccurrence['rule'] {
  return { id: null, name: alertname, layer, severity, expr: '', forSeconds: 0 };
}

/** A rule as the table of rules shows it. */
export interface AlertRuleSummary {
  readonly id: string;
  readonly name: string;
  readonly layer: string;
  readonly severity: string;
  readonly expr: string;
  readonly forSeconds: number;
  readonly intervalSeconds: number;
  readonly enabled: boolean;
  readonly builtin: boolean;
  readonly edited: boolean;
  readonly annotations: Readonly<Record<string, string>>;
  readonly lastEvaluatedAt: Date | null;
  readonly lastDurationMs: number | null;
  readonly lastError: string | null;
}

/** Every rule, by layer and name. */
export async function listAlertRules({ prisma }: State): Promise<AlertRuleSummary[]> {
  const rows = await prisma.alertRule.findMany({
    orderBy: [{ layer: 'asc' }, { name: 'asc' }],
    omit: { labels: true, builtinKey: true, createdAt: true, updatedAt: true },
  });
  return rows.map((row) => ({ ...row, annotations: row.annotations as Record<string, string> }));
}

/** Switches a rule on or off; the evaluator sees it at its next look at the rules. Throws `not_found`. */
export async function setAlertRuleEnabled({ prisma }: State, id: string, enabled: boolean): Promise<void> {
  const { count } = await prisma.alertRule.updateMany({ where: { id }, data: { enabled } });
  if (count === 0) throw new BinnacleError('not_found', 'There is no alert rule with that id.');
}
