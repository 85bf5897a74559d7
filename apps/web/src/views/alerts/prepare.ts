import type { Status } from '#components/ui/status.tsx';
import type { AlertHistory, Delivery, Occurrence } from '#data/app-answers.ts';
import { type ActiveAlert, parseValue, type RangeAnswer, type Series } from '#data/prometheus.ts';
import { activeSince } from '#frame/alert-pages.ts';
import { pages } from '#frame/navigation-items.ts';

/** One occurrence of an alert, from what is kept, from what the gateway says now, or from both. */
export interface AlertRow {
  /** Stays the same while the occurrence does; part of the URL. */
  readonly id: string;
  readonly name: string;
  readonly state: 'pending' | 'firing' | 'resolved';
  readonly severity: string;
  readonly layer: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly expr: string;
  /** NaN where the value is not a number, null where it is not known. */
  readonly value: number | null;
  /** ms since 1970; null where nobody says. */
  readonly activeAt: number | null;
  readonly firedAt: number | null;
  readonly resolvedAt: number | null;
  /** Null where they are not known: the history is away. */
  readonly deliveries: readonly Delivery[] | null;
}

const keyOf = (labels: Readonly<Record<string, string>>) =>
  JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));

const timeOf = (text: string | null) => (text === null ? null : Date.parse(text));

const ofHistory = (one: Occurrence): AlertRow => ({
  id: one.id,
  name: one.labels.alertname ?? one.rule.name,
  state: one.state,
  severity: one.labels.severity ?? one.rule.severity,
  layer: one.rule.layer,
  labels: one.labels,
  annotations: one.annotations,
  expr: one.rule.expr,
  value: parseValue(one.valueText),
  activeAt: timeOf(one.activeAt),
  firedAt: timeOf(one.firedAt),
  resolvedAt: timeOf(one.resolvedAt),
  deliveries: one.deliveries,
});

const ofLive = (alert: ActiveAlert): AlertRow => ({
  id: `now-${keyOf(alert.labels)}`,
  name: alert.labels.alertname ?? 'Alert without a name',
  state: alert.state,
  severity: alert.labels.severity ?? 'warning',
  layer: alert.layer,
  labels: alert.labels,
  annotations: alert.annotations,
  expr: alert.expr,
  value: alert.value == null ? null : parseValue(alert.value),
  activeAt: activeSince(alert),
  firedAt: null,
  resolvedAt: null,
  deliveries: null,
});

/**
 * What is open is what the gateway says now, where it answers; the history adds what it knows of each, and what is
 * resolved. Either may be missing.
 */
export function alertRows(history: AlertHistory | undefined, live: readonly ActiveAlert[] | undefined): AlertRow[] {
  const kept = (history?.occurrences ?? []).map(ofHistory);
  if (live === undefined) return kept;
  const open = new Map(kept.filter(({ state }) => state !== 'resolved').map((row) => [keyOf(row.labels), row]));
  const now = live.map(ofLive).map((row): AlertRow => {
    const known = open.get(keyOf(row.labels));
    return known === undefined
      ? row
      : { ...row, id: known.id, firedAt: known.firedAt, deliveries: known.deliveries, activeAt: known.activeAt };
  });
  return [...now, ...kept.filter(({ state }) => state === 'resolved')];
}

const severityRanks: Record<string, number> = { critical: 0, warning: 1, info: 2 };
const stateRanks = { firing: 0, pending: 1, resolved: 2 } as const;

export const statusOf = ({ severity, state }: Pick<AlertRow, 'severity' | 'state'>): Status =>
  state === 'resolved' ? 'ok' : severity === 'critical' ? 'bad' : severity === 'info' ? 'unknown' : 'attention';

export const layerTitle = (layer: string): string =>
  pages.find((page) => page.layers.includes(layer))?.title ?? (layer === '' ? 'No layer' : layer);

export interface AlertGroup {
  readonly key: string;
  readonly state: AlertRow['state'];
  /** Null for the resolved, which stand in order of time. */
  readonly severity: string | null;
  readonly layer: string | null;
  readonly rows: readonly AlertRow[];
}

/** Firing and pending by severity and layer, the worst first; what is resolved in one group, newest first. */
export function alertGroups(rows: readonly AlertRow[]): AlertGroup[] {
  const groups = new Map<string, AlertRow[]>();
  for (const row of rows) {
    const key = row.state === 'resolved' ? 'resolved' : `${row.state} ${row.severity} ${row.layer}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  const rank = (severity: string | null) => severityRanks[severity ?? ''] ?? 1;
  return [...groups]
    .map(([key, members]): AlertGroup => {
      const { state, severity, layer } = members[0] as AlertRow;
      const resolved = state === 'resolved';
      const newest = (row: AlertRow) => (resolved ? row.resolvedAt : row.activeAt) ?? 0;
      return {
        key,
        state,
        severity: resolved ? null : severity,
        layer: resolved ? null : layer,
        rows: members.sort((a, b) => newest(b) - newest(a)),
      };
    })
    .sort(
      (a, b) =>
        stateRanks[a.state] - stateRanks[b.state] ||
        rank(a.severity) - rank(b.severity) ||
        (a.layer ?? '').localeCompare(b.layer ?? ''),
    );
}

/** Labels that tell this alert from others of its rule, as `name=value`. */
export function ownLabels(row: AlertRow): string[] {
  return Object.entries(row.labels)
    .filter(([name]) => name !== 'alertname' && name !== 'severity' && name !== 'cluster')
    .map(([name, value]) => `${name}=${value}`);
}

/** Page to look at: the rule's own where it is a path of ours, else the layer's. */
export function pageOf(row: AlertRow): string {
  const { page } = row.annotations;
  if (page?.startsWith('/') && !page.startsWith('//')) return page;
  return pages.find(({ layers }) => layers.includes(row.layer))?.path ?? '/sources';
}

/** Series of the rule's quantity that are this alert's: no label of theirs says otherwise. */
export function seriesOf(answer: RangeAnswer | undefined, row: AlertRow): Series[] {
  return (answer?.series ?? []).filter(({ labels }) =>
    Object.entries(labels).every(
      ([name, value]) => name === '__name__' || row.labels[name] === undefined || row.labels[name] === value,
    ),
  );
}

export interface Phase {
  readonly state: 'pending' | 'firing';
  readonly fromMs: number;
  readonly toMs: number;
  /** Shares of the range, 0 to 1. */
  readonly left: number;
  readonly width: number;
}

/** The pending and firing stretches of occurrences within a range. */
export function phasesOf(rows: readonly AlertRow[], range: { fromMs: number; toMs: number }, nowMs: number): Phase[] {
  const span = Math.max(1, range.toMs - range.fromMs);
  return rows.flatMap((row) => {
    const end = row.resolvedAt ?? nowMs;
    // One without the time of its firing fires since it is active: the gateway says no more.
    const fired = row.firedAt ?? (row.state === 'pending' || row.activeAt === null ? null : row.activeAt);
    const stretches: [Phase['state'], number | null, number][] = [
      ['pending', row.activeAt, fired ?? end],
      ['firing', fired, end],
    ];
    return stretches.flatMap(([state, from, to]) => {
      if (from === null) return [];
      const fromMs = Math.max(from, range.fromMs);
      const toMs = Math.min(to, range.toMs);
      if (toMs <= fromMs) return [];
      return [{ state, fromMs, toMs, left: (fromMs - range.fromMs) / span, width: (toMs - fromMs) / span }];
    });
  });
}

/** Other alerts that began within ten minutes of this one, nearest first. */
export function neighbours(row: AlertRow, rows: readonly AlertRow[], most = 6): AlertRow[] {
  const { activeAt } = row;
  if (activeAt === null) return [];
  const distance = (other: AlertRow) => Math.abs((other.activeAt ?? Number.POSITIVE_INFINITY) - activeAt);
  return rows
    .filter(
      (other) =>
        other.id !== row.id &&
        (other.labels.cluster ?? '') === (row.labels.cluster ?? '') &&
        keyOf(other.labels) !== keyOf(row.labels) &&
        distance(other) <= 600e3,
    )
    .sort((a, b) => distance(a) - distance(b))
    .slice(0, most);
}

/** Occurrences of the same rule and labels, newest first, this one too. */
export const sameAlert = (row: AlertRow, rows: readonly AlertRow[]): AlertRow[] =>
  rows
    .filter((other) => keyOf(other.labels) === keyOf(row.labels))
    .sort((a, b) => (b.activeAt ?? 0) - (a.activeAt ?? 0));

/** Names of series by the labels in which they differ; the given name where there is one series only. */
export function namesOf(series: readonly Series[], name: string): string[] {
  if (series.length < 2) return series.map(() => name);
  const keys = [...new Set(series.flatMap(({ labels }) => Object.keys(labels)))].filter(
    (key) => new Set(series.map(({ labels }) => labels[key])).size > 1,
  );
  return series.map(
    ({ labels }, i) =>
      keys
        .slice(0, 2)
        .map((key) => (labels[key] === undefined ? `no ${key}` : `${key}=${labels[key]}`))
        .join(', ') || `${name} ${i + 1}`,
  );
}
