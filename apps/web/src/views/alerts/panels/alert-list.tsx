'use client';

import { parseAsString, useQueryState } from 'nuqs';
import { cn } from '#components/ui/class-names.ts';
import { Select } from '#components/ui/input.tsx';
import { StatusBadge } from '#components/ui/status.tsx';
import { useClock } from '#data/clock.tsx';
import type { QueryState } from '#data/query-state.ts';
import { age, digits, format } from '#format/units.ts';
import { Panel } from '#panel/panel.tsx';
import { alertGuide } from '../guide.ts';
import { type AlertGroup, type AlertRow, alertGroups, layerTitle, ownLabels, statusOf } from '../prepare.ts';
import { ruleComparison, unitOf } from '../rule-expression.ts';

const stateWords = { firing: 'Firing', pending: 'Pending', resolved: 'Resolved' } as const;

/** Value in the unit of what the rule measures, with no more digits than say something. */
export function valueText(row: AlertRow): string {
  const unit = unitOf(ruleComparison(row.expr)?.measured ?? row.expr);
  return unit === 'none' && row.value !== null && Number.isFinite(row.value) && Math.abs(row.value) < 1e6
    ? digits(row.value, Number.isInteger(row.value) ? 6 : 3)
    : format(row.value, unit);
}

const groupTitle = ({ state, severity, layer }: AlertGroup) =>
  state === 'resolved' ? 'Resolved in this range' : `${stateWords[state]} · ${severity} · ${layerTitle(layer ?? '')}`;

/** Everything that fires, is about to, or did in the range. */
export function AlertList({
  rows,
  queries,
  truncated,
  selected,
  onSelect,
}: {
  rows: readonly AlertRow[];
  queries: readonly QueryState<unknown>[];
  truncated: boolean;
  selected: string | null;
  onSelect: (id: string) => void;
}) {
  const [layer, setLayer] = useQueryState('layer', parseAsString);
  const [severity, setSeverity] = useQueryState('severity', parseAsString);
  const shown = rows.filter(
    (row) => (layer === null || row.layer === layer) && (severity === null || row.severity === severity),
  );
  const layers = [...new Set(rows.map((row) => row.layer))].sort();
  return (
    <Panel
      title="Alerts"
      note={
        truncated
          ? 'The 500 newest of this range: choose a shorter one to see the rest'
          : 'By severity and layer, the worst first'
      }
      queries={
        queries.some((q) => q.data !== undefined) ? queries.filter((q) => q.data !== undefined || q.error) : queries
      }
      empty={shown.length === 0}
      emptyText={rows.length === 0 ? 'Nothing fires, and nothing did in this range.' : 'No alert matches the filters.'}
      metrics={[]}
      guide={alertGuide}
      minHeight={160}
      actions={
        <>
          <Select
            aria-label="Severity"
            className="h-7 w-auto"
            value={severity ?? ''}
            onChange={(event) => void setSeverity(event.target.value || null)}
          >
            <option value="">Every severity</option>
            {['critical', 'warning', 'info'].map((one) => (
              <option key={one}>{one}</option>
            ))}
          </Select>
          <Select
            aria-label="Layer"
            className="h-7 w-auto"
            value={layer ?? ''}
            onChange={(event) => void setLayer(event.target.value || null)}
          >
            <option value="">Every layer</option>
            {layers.map((one) => (
              <option key={one} value={one}>
                {layerTitle(one)}
              </option>
            ))}
          </Select>
        </>
      }
      csv={() => ({
        header: ['state', 'severity', 'layer', 'alert', 'labels', 'since', 'resolved', 'value'],
        rows: shown.map((row) => [
          row.state,
          row.severity,
          row.layer,
          row.name,
          ownLabels(row).join(' '),
          row.activeAt === null ? null : new Date(row.activeAt).toISOString(),
          row.resolvedAt === null ? null : new Date(row.resolvedAt).toISOString(),
          row.value,
        ]),
      })}
    >
      <div className="grid gap-4">
        {alertGroups(shown).map((group) => (
          <section key={group.key} aria-label={groupTitle(group)}>
            <h3 className="border-b border-line pb-1 text-xs font-medium text-ink-soft first-letter:uppercase">
              {groupTitle(group)} <span className="tabular text-ink-faint">{group.rows.length}</span>
            </h3>
            <ul>
              {group.rows.map((row) => (
                <Row
                  key={row.id}
                  row={row}
                  narrow={selected !== null}
                  selected={row.id === selected}
                  onSelect={onSelect}
                />
              ))}
            </ul>
          </section>
        ))}
      </div>
    </Panel>
  );
}

function Row({
  row,
  narrow,
  selected,
  onSelect,
}: {
  row: AlertRow;
  narrow: boolean;
  selected: boolean;
  onSelect: (id: string) => void;
}) {
  const { nowMs } = useClock();
  const labels = ownLabels(row);
  const time =
    row.state === 'resolved'
      ? row.resolvedAt === null
        ? '–'
        : `${age(nowMs - row.resolvedAt)} ago`
      : row.activeAt === null
        ? '–'
        : age(nowMs - row.activeAt);
  const lasted = row.state === 'resolved' && row.resolvedAt !== null && row.activeAt !== null;
  return (
    <li className="border-b border-line last:border-b-0">
      <button
        type="button"
        data-alert={row.name}
        aria-pressed={selected}
        onClick={() => onSelect(row.id)}
        className={cn(
          'grid w-full grid-cols-[1fr_auto] items-start gap-x-3 gap-y-0.5 px-1.5 py-2 text-left hover:bg-sunken',
          !narrow && 'md:grid-cols-[6.5rem_minmax(0,1fr)_minmax(0,20rem)_5rem_7rem]',
          selected && 'bg-accent-soft hover:bg-accent-soft',
        )}
      >
        <span className={cn('col-start-1 row-start-1', !narrow && 'max-md:mb-0.5')}>
          <StatusBadge status={statusOf(row)}>{row.state === 'resolved' ? 'resolved' : row.severity}</StatusBadge>
        </span>
        <span
          className={cn(
            'col-span-2 col-start-1 row-start-2 min-w-0',
            !narrow && 'md:col-span-1 md:col-start-2 md:row-start-1',
          )}
        >
          <span className="block text-[13px] font-medium">{row.name}</span>
          <span className="block text-[13px] text-ink-soft [overflow-wrap:anywhere]">
            {row.annotations.summary ?? row.annotations.description ?? ''}
          </span>
        </span>
        {labels.length > 0 && (
          <span
            title={labels.join('\n')}
            className={cn(
              'col-span-2 col-start-1 row-start-3 line-clamp-2 min-w-0 font-mono text-2xs text-ink-faint [overflow-wrap:anywhere]',
              !narrow && 'md:col-span-1 md:col-start-3 md:row-start-1 md:mt-0.5',
            )}
          >
            {labels.join('  ')}
          </span>
        )}
        <span
          className={cn(
            'col-start-2 row-start-1 whitespace-nowrap text-right text-[13px] tabular',
            !narrow && 'md:col-start-5',
          )}
        >
          {!narrow && <span className="mr-2 text-ink-faint md:hidden">{valueText(row)}</span>}
          {time}
          {lasted && (
            <span className="block text-2xs text-ink-faint">
              for {age((row.resolvedAt ?? 0) - (row.activeAt ?? 0))}
            </span>
          )}
        </span>
        {!narrow && (
          <span className="hidden whitespace-nowrap text-right text-[13px] tabular text-ink-soft md:col-start-4 md:row-start-1 md:block">
            {valueText(row)}
          </span>
        )}
      </button>
    </li>
  );
}
