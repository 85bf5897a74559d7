'use client';

import { ExternalLink, X } from 'lucide-react';
import Link from 'next/link';
import { labelText } from '#charts/lines.ts';
import { TimeSeriesChart } from '#charts/time-series-chart.tsx';
import { Button } from '#components/ui/button.tsx';
import { StatusBadge } from '#components/ui/status.tsx';
import { useClock } from '#data/clock.tsx';
import { useRange } from '#data/hooks.ts';
import type { QueryState } from '#data/query-state.ts';
import { age } from '#format/units.ts';
import { Panel } from '#panel/panel.tsx';
import { useFrameHref } from '#state/frame-state.ts';
import { alertGuide } from '../guide.ts';
import { type AlertRow, layerTitle, namesOf, neighbours, pageOf, sameAlert, seriesOf, statusOf } from '../prepare.ts';
import { ruleComparison, unitOf } from '../rule-expression.ts';
import { valueText } from './alert-list.tsx';
import { DeliveryTable, StateTimeline } from './alert-times.tsx';
import { Part } from './story-part.tsx';

/** One alert: what it measures against its limit, what it says, when it was what, and who was told. */
export function AlertStory({
  row,
  rows,
  queries,
  onSelect,
  onClose,
}: {
  row: AlertRow | undefined;
  rows: readonly AlertRow[];
  queries: readonly QueryState<unknown>[];
  onSelect: (id: string) => void;
  onClose: () => void;
}) {
  const href = useFrameHref();
  const close = (
    <Button variant="ghost" size="iconSmall" aria-label="Close the alert" onClick={onClose}>
      <X aria-hidden />
    </Button>
  );
  if (row === undefined) {
    return (
      <Panel
        title="Alert"
        queries={queries}
        empty
        emptyText="This alert is not in the range: it may be older, or of another cluster."
        metrics={[]}
        guide={alertGuide}
        actions={close}
        minHeight={120}
      >
        {null}
      </Panel>
    );
  }
  const page = pageOf(row);
  const { summary, description, runbook, page: _page, ...notes } = row.annotations;
  const around = neighbours(row, rows);
  return (
    <Panel
      title={row.name}
      note={summary}
      queries={[]}
      empty={false}
      metrics={[]}
      guide={alertGuide}
      className="xl:max-h-[calc(100vh-5.5rem)] xl:overflow-y-auto"
      actions={
        <>
          <StatusBadge status={statusOf(row)}>
            {row.state === 'resolved' ? 'resolved' : `${row.state}, ${row.severity}`}
          </StatusBadge>
          {close}
        </>
      }
    >
      <div className="grid min-w-0 gap-4">
        <StoryChart row={row} />
        <StateTimeline rows={sameAlert(row, rows)} />
        {description !== undefined && <p className="text-[13px] text-ink-soft">{description}</p>}
        {runbook !== undefined && (
          <Part title="What to do">
            <p className="text-[13px]">{runbook}</p>
          </Part>
        )}
        <div>
          <Button asChild size="small">
            <Link href={href(page)}>
              <ExternalLink aria-hidden /> Open {page === '/sources' ? 'Sources' : layerTitle(row.layer)}
            </Link>
          </Button>
        </div>
        <Part title="Labels and value">
          <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1 text-[13px]">
            <dt className="text-ink-faint">value</dt>
            <dd className="tabular">{valueText(row)}</dd>
            {[...Object.entries(row.labels), ...Object.entries(notes)].map(([name, value]) => (
              <LabelRow key={name} name={name} value={value} />
            ))}
          </dl>
        </Part>
        <Part title="Told to">
          <DeliveryTable deliveries={row.deliveries} state={row.state} />
        </Part>
        {around.length > 0 && (
          <Part title="Began within ten minutes of it">
            <ul className="grid gap-1 text-[13px]">
              {around.map((other) => (
                <li key={other.id} className="flex items-baseline gap-2">
                  <StatusBadge status={statusOf(other)}>{other.state}</StatusBadge>
                  <button
                    type="button"
                    className="min-w-0 rounded text-left text-accent hover:underline"
                    onClick={() => onSelect(other.id)}
                  >
                    {other.annotations.summary ?? other.name}
                  </button>
                  <span className="ml-auto whitespace-nowrap text-xs tabular text-ink-faint">
                    {apart(other.activeAt, row.activeAt)}
                  </span>
                </li>
              ))}
            </ul>
          </Part>
        )}
      </div>
    </Panel>
  );
}

function apart(other: number | null, mine: number | null): string {
  if (other === null || mine === null) return '';
  const distance = other - mine;
  if (Math.abs(distance) < 1000) return 'at once';
  return distance < 0 ? `${age(-distance)} before` : `${age(distance)} after`;
}

function LabelRow({ name, value }: { name: string; value: string }) {
  return (
    <>
      <dt className="text-ink-faint">{name}</dt>
      <dd className="min-w-0 font-mono text-xs leading-5 [overflow-wrap:anywhere]">{value}</dd>
    </>
  );
}

/** The quantity that the rule looks at, with its limit; the whole expression where it is no simple comparison. */
function StoryChart({ row }: { row: AlertRow }) {
  const { nowMs } = useClock();
  const comparison = ruleComparison(row.expr);
  const expr = comparison?.measured ?? row.expr;
  const query = useRange(() => expr, { share: 1 / 2, free: true });
  const limit = useRange(() => comparison?.limit ?? 'vector(0)', {
    share: 1 / 2,
    free: true,
    enabled: comparison?.limit != null,
  });
  const named = (name: string, answer: typeof query.data) => {
    const mine = seriesOf(answer, row);
    const names = namesOf(mine, name);
    return mine.map(({ times, values }, i) => ({ name: names[i] as string, times, values }));
  };
  const lines = [
    ...named('measured', query.data),
    ...(comparison?.limit == null ? [] : named('limit', limit.data).map((line) => ({ ...line, dashed: true }))),
  ].slice(0, 8);
  const unit = unitOf(expr);
  const marks = [
    ...(row.firedAt === null
      ? []
      : [{ time: row.firedAt, label: 'fires', status: statusOf({ ...row, state: 'firing' }) }]),
    ...(row.resolvedAt === null ? [] : [{ time: row.resolvedAt, label: 'resolved', status: 'ok' as const }]),
  ];
  return (
    <figure className="min-w-0">
      <figcaption className="text-xs text-ink-faint">
        <code className="font-mono text-2xs text-ink-soft [font-variant-ligatures:none] [overflow-wrap:anywhere]">
          {row.expr}
        </code>
        {row.activeAt !== null && row.resolvedAt === null && <> · since {age(nowMs - row.activeAt)}</>}
      </figcaption>
      {query.error !== undefined && query.data === undefined ? (
        <p className="py-6 text-center text-[13px] text-bad">{query.error.message}</p>
      ) : query.data === undefined ? (
        <div className="mt-1 h-44 animate-pulse rounded bg-sunken" />
      ) : lines.length === 0 ? (
        <p className="hatched mt-1 grid h-24 place-items-center rounded text-[13px] text-ink-soft">
          <span className="rounded bg-surface px-2 py-1">No samples of it in this range.</span>
        </p>
      ) : (
        <TimeSeriesChart
          label={`${row.name}: ${labelText(row.labels)}`}
          lines={lines}
          unit={unit}
          range={query.data}
          height={180}
          marks={marks}
          yMin="auto"
          threshold={
            comparison?.threshold == null
              ? undefined
              : {
                  value: comparison.threshold,
                  label: `fires at ${comparison.operator}`,
                }
          }
        />
      )}
    </figure>
  );
}
