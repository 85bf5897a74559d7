import type { AlertRule } from '@binnacle/db/generated/prisma/client.ts';
import type { State } from '@binnacle/db/state/open-state.ts';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import { type Instance, valueText } from './instances.ts';

/** Key of the advisory lock that one evaluator holds. */
export const evaluatorLockKey = 0x62_69_6e_61;

/** How the last evaluation of a rule went. */
export interface RuleStatus {
  readonly ruleId: string;
  readonly evaluatedAtMs: number;
  readonly durationMs: number;
  readonly error: string | null;
}

export interface Changes {
  readonly statuses: readonly RuleStatus[];
  readonly instances: readonly Instance[];
  /** Ids of pending instances that went away. */
  readonly vanished: readonly string[];
}

/** What the evaluator reads from and writes to Postgres. */
export interface AlertStore {
  readRules(): Promise<AlertRule[]>;
  /** Changes when a rule was added, edited or removed. */
  rulesVersion(): Promise<string>;
  readOpenInstances(): Promise<Instance[]>;
  /**
   * Writes states and their notifications in one transaction, and again without harm when it is not known whether the
   * first time succeeded. Returns how many deliveries were queued. Throws `conflict` when the server process `lockPid`
   * no longer holds the evaluator's lock: another evaluator may be at work.
   */
  save(changes: Changes, lockPid: number): Promise<number>;
  /** Removes what is old: resolved alerts after 30 days, with their deliveries. */
  prune(nowMs: number): Promise<void>;
}

const keepResolvedMs = 30 * 86_400_000;

export function createAlertStore({ prisma }: State): AlertStore {
  return {
    readRules: () => prisma.alertRule.findMany({ orderBy: { name: 'asc' } }),
    async rulesVersion() {
      const { _count, _max } = await prisma.alertRule.aggregate({ _count: true, _max: { updatedAt: true } });
      return `${_count} ${_max.updatedAt?.getTime()}`;
    },
    async readOpenInstances() {
      const rows = await prisma.alertInstance.findMany({
        where: { state: { not: 'resolved' }, ruleId: { not: null } },
      });
      return rows.map((row) => ({
        id: row.id,
        ruleId: row.ruleId as string,
        fingerprint: row.fingerprint,
        state: row.state,
        labels: row.labels as Record<string, string>,
        annotations: row.annotations as Record<string, string>,
        value: row.value ?? Number(row.valueText.replace('Inf', 'Infinity')),
        activeAtMs: row.activeAt.getTime(),
        firedAtMs: row.firedAt?.getTime() ?? null,
        resolvedAtMs: null,
        seen: false,
        saved: true,
        events: [],
        version: 0,
      }));
    },
    async prune(nowMs) {
      const before = new Date(nowMs - keepResolvedMs);
      await prisma.alertInstance.deleteMany({ where: { state: 'resolved', resolvedAt: { lt: before } } });
    },
    save: (changes, lockPid) =>
      prisma.$transaction(
        async (tx) => {
          const held = await tx.$queryRaw<unknown[]>`
            SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted AND pid = ${lockPid}::int
              AND objid = ${evaluatorLockKey}::oid`;
          if (held.length === 0) {
            throw new BinnacleError('conflict', 'This process no longer holds the lock of the alert evaluator.');
          }
          if (changes.statuses.length > 0) {
            await tx.$executeRaw`
              UPDATE alert_rule SET last_evaluated_at = to_timestamp(s."evaluatedAtMs" / 1000) AT TIME ZONE 'UTC',
                last_duration_ms = s."durationMs", last_error = s.error
              FROM jsonb_to_recordset(${JSON.stringify(changes.statuses)}::jsonb)
                AS s("ruleId" text, "evaluatedAtMs" float8, "durationMs" float8, error text)
              WHERE alert_rule.id = s."ruleId"`;
          }
          if (changes.vanished.length > 0) {
            await tx.alertInstance.deleteMany({ where: { id: { in: [...changes.vanished] }, state: 'pending' } });
          }
          if (changes.instances.length === 0) return 0;
          // The join leaves out what a rule that was just deleted left behind.
          await tx.$executeRaw`
            INSERT INTO alert_instance (id, rule_id, fingerprint, state, labels, annotations, value, value_text,
              active_at, fired_at, resolved_at, updated_at)
            SELECT i.id, i."ruleId", i.fingerprint, i.state::alert_state, i.labels, i.annotations, i.value, i."valueText",
              to_timestamp(i."activeAtMs" / 1000) AT TIME ZONE 'UTC', to_timestamp(i."firedAtMs" / 1000) AT TIME ZONE 'UTC',
              to_timestamp(i."resolvedAtMs" / 1000) AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC'
            FROM jsonb_to_recordset(${JSON.stringify(changes.instances.map(instanceRow))}::jsonb)
              AS i(id text, "ruleId" text, fingerprint text, state text, labels jsonb, annotations jsonb, value float8,
                "valueText" text, "activeAtMs" float8, "firedAtMs" float8, "resolvedAtMs" float8)
            JOIN alert_rule r ON r.id = i."ruleId"
            ON CONFLICT (id) DO UPDATE SET state = EXCLUDED.state, annotations = EXCLUDED.annotations,
              value = EXCLUDED.value, value_text = EXCLUDED.value_text, fired_at = EXCLUDED.fired_at,
              resolved_at = EXCLUDED.resolved_at, active_at = EXCLUDED.active_at, updated_at = EXCLUDED.updated_at`;
          const events = changes.instances.flatMap(({ id, events }) =>
            events.map((payload) => ({
              instanceId: id,
              event: payload.event,
              atMs: payload.atMs,
              severity: payload.severity,
              payload,
            })),
          );
          let queued = 0;
          // Fires first: a resolve is only for a channel that was told of the fire.
          for (const kind of ['firing', 'resolved'] as const) {
            const batch = events.filter(({ event }) => event === kind);
            if (batch.length === 0) continue;
            queued += await tx.$executeRaw`
              INSERT INTO delivery (id, channel_id, instance_id, event, payload, created_at, next_attempt_at)
              SELECT gen_random_uuid()::text, c.id, i.id, e.event, e.payload,
                to_timestamp(e."atMs" / 1000) AT TIME ZONE 'UTC', to_timestamp(e."atMs" / 1000) AT TIME ZONE 'UTC'
              FROM jsonb_to_recordset(${JSON.stringify(batch)}::jsonb)
                AS e("instanceId" text, event text, "atMs" float8, severity text, payload jsonb)
              JOIN alert_instance i ON i.id = e."instanceId"
              JOIN notification_channel c ON c.enabled
                AND array_position(ARRAY['info', 'warning', 'critical'], e.severity)
                  >= array_position(ARRAY['info', 'warning', 'critical'], c.min_severity)
              WHERE e.event = 'firing' OR (c.send_resolved AND EXISTS (
                SELECT 1 FROM delivery d WHERE d.channel_id = c.id AND d.instance_id = i.id AND d.event = 'firing'))
              ORDER BY e."atMs", i.id
              ON CONFLICT (channel_id, instance_id, event) DO NOTHING`;
          }
          return queued;
        },
        { maxWait: 5_000, timeout: 15_000 },
      ),
  };
}

function instanceRow(instance: Instance) {
  const { id, ruleId, fingerprint, state, labels, annotations, value, activeAtMs, firedAtMs, resolvedAtMs } = instance;
  return {
    id,
    ruleId,
    fingerprint,
    state,
    labels,
    annotations,
    value: Number.isFinite(value) ? value : null,
    valueText: valueText(value),
    activeAtMs,
    firedAtMs,
    resolvedAtMs,
  };
}
