'use client';

import { parseAsString, useQueryState } from 'nuqs';
import { DataTable } from '#charts/data-table.tsx';
import { Button } from '#components/ui/button.tsx';
import { StatusBadge } from '#components/ui/status.tsx';
import { alertRules, done, type RuleRow } from '#data/app-answers.ts';
import { askApp, useApp, useWrite } from '#data/app-api.ts';
import { useClock } from '#data/clock.tsx';
import { age, format } from '#format/units.ts';
import { Panel } from '#panel/panel.tsx';
import { alertGuide } from '../guide.ts';
import { layerTitle } from '../prepare.ts';

/** Every rule: what it asks, how often, whether it is on, and how its last evaluation went. */
export function RuleTable() {
  const { nowMs } = useClock();
  const [selected, select] = useQueryState('rule', parseAsString);
  const query = useApp(['rules'], () => '/api/alerts/rules', alertRules);
  const { write, busy, error } = useWrite([['app', 'rules'], ['alerts']]);
  const rules = query.data?.rules ?? [];
  const mayEdit = query.data?.mayEdit ?? false;
  const toggle = (rule: RuleRow) =>
    void write(rule.id, () =>
      askApp(`/api/alerts/rules/${encodeURIComponent(rule.id)}`, done, {
        method: 'POST',
        body: { enabled: !rule.enabled },
      }),
    );
  return (
    <Panel
      title="Rules"
      note={`PromQL that the gateway evaluates; a series that comes back is an alert${mayEdit || query.data === undefined ? '' : '. Your role may not switch rules'}`}
      queries={[query]}
      empty={rules.length === 0}
      emptyText="No rules yet: the gateway brings its own when it reaches Postgres."
      metrics={[]}
      guide={alertGuide}
      csv={() => ({
        header: [
          'rule',
          'layer',
          'severity',
          'expr',
          'for_seconds',
          'enabled',
          'last_evaluated',
          'duration_ms',
          'error',
        ],
        rows: rules.map((r) => [
          r.name,
          r.layer,
          r.severity,
          r.expr,
          r.forSeconds,
          String(r.enabled),
          r.lastEvaluatedAt,
          r.lastDurationMs,
          r.lastError,
        ]),
      })}
    >
      {error !== null && (
        <p role="alert" className="mb-2 rounded-md bg-bad-wash px-2.5 py-1 text-xs text-bad">
          {error}
        </p>
      )}
      <DataTable<RuleRow>
        label="Rules"
        rows={rules}
        rowKey={(rule) => rule.id}
        maxHeight={1200}
        selected={selected ?? undefined}
        onRow={(rule) => void select(rule.id === selected ? null : rule.id)}
        columns={[
          {
            key: 'name',
            title: 'Rule',
            wrap: true,
            value: (r) => `${r.name} ${r.expr}`,
            cell: (r) => (
              <span className="block min-w-44">
                <span className="font-medium">{r.name}</span>
                <code
                  className={`font-mono text-2xs text-ink-faint [font-variant-ligatures:none] [overflow-wrap:anywhere] ${selected === r.id ? 'block' : 'line-clamp-2'}`}
                >
                  {r.expr}
                </code>
                {selected === r.id && r.annotations.runbook !== undefined && (
                  <span className="mt-1 block text-xs text-ink-soft">{r.annotations.runbook}</span>
                )}
              </span>
            ),
          },
          { key: 'layer', title: 'Layer', wide: true, value: (r) => layerTitle(r.layer) },
          {
            key: 'severity',
            title: 'Severity',
            value: (r) => r.severity,
            cell: (r) => (
              <StatusBadge status={r.severity === 'critical' ? 'bad' : r.severity === 'info' ? 'unknown' : 'attention'}>
                {r.severity}
              </StatusBadge>
            ),
          },
          {
            key: 'for',
            title: 'For',
            align: 'right',
            hint: 'How long it must hold before it fires',
            value: (r) => r.forSeconds,
            cell: (r) => (r.forSeconds === 0 ? 'at once' : format(r.forSeconds, 'seconds')),
          },
          {
            key: 'evaluated',
            title: 'Evaluated',
            align: 'right',
            value: (r) => (r.lastEvaluatedAt === null ? null : Date.parse(r.lastEvaluatedAt)),
            cell: (r) => (r.lastEvaluatedAt === null ? 'not yet' : `${age(nowMs - Date.parse(r.lastEvaluatedAt))} ago`),
          },
          {
            key: 'took',
            title: 'Took',
            align: 'right',
            value: (r) => r.lastDurationMs,
            cell: (r) => format(r.lastDurationMs, 'milliseconds'),
          },
          {
            key: 'health',
            title: 'Health',
            wrap: true,
            value: (r) => (r.enabled ? (r.lastError ?? (r.lastEvaluatedAt === null ? 'unknown' : 'ok')) : 'off'),
            cell: (r) => {
              if (!r.enabled) return <StatusBadge status="unknown">off</StatusBadge>;
              if (r.lastEvaluatedAt === null) return <StatusBadge status="unknown">not evaluated</StatusBadge>;
              if (r.lastError === null) return <StatusBadge status="ok">evaluates</StatusBadge>;
              return (
                <>
                  <StatusBadge status="bad">fails</StatusBadge>
                  <span className="block text-xs text-ink-soft [overflow-wrap:anywhere]">{r.lastError}</span>
                </>
              );
            },
          },
          {
            key: 'switch',
            title: '',
            value: (r) => (r.enabled ? 'on' : 'off'),
            cell: (r) =>
              mayEdit ? (
                <Button
                  size="small"
                  disabled={busy !== null}
                  aria-label={`${r.enabled ? 'Switch off' : 'Switch on'} ${r.name}`}
                  onClick={(event) => {
                    event.stopPropagation();
                    toggle(r);
                  }}
                >
                  {busy === r.id ? '…' : r.enabled ? 'Switch off' : 'Switch on'}
                </Button>
              ) : null,
          },
        ]}
      />
    </Panel>
  );
}
