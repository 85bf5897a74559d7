'use client';

import { setCrosshair, useCrosshair } from '#charts/crosshair.ts';
import { timeTicks } from '#charts/time-series-model.ts';
import { useWidth } from '#charts/use-size.ts';
import { Button } from '#components/ui/button.tsx';
import type { QueryState } from '#data/query-state.ts';
import { age, timeLabel } from '#format/units.ts';
import { Panel } from '#panel/panel.tsx';
import { freshnessGuide } from '../guide.ts';
import type { SourceRow } from '../prepare.ts';
import { type Lane, laneWords, type Restarts, type Segment } from '../timeline.ts';

/** Colour and height together: what is no good is seen without colour, too. */
const looks: Readonly<Record<Lane, string>> = {
  receiving: 'inset-y-0.5 bg-ok-mark/75',
  partly: 'inset-y-0.5 bg-attention-mark',
  refused: 'inset-y-0 bg-bad-mark',
  down: 'bottom-0.5 h-1 bg-bad-mark',
  silent: 'bottom-0.5 h-1 bg-attention-mark',
  away: 'inset-y-0 hatched border-x border-line-strong',
  unknown: 'top-1/2 h-px bg-line-strong',
};
const order: readonly Lane[] = ['receiving', 'partly', 'refused', 'silent', 'down', 'away', 'unknown'];

/** When each source was there: a lane each over the page's range, with the gateway's own absences and starts. */
export function Lanes({
  rows,
  lanes,
  restarts,
  range,
  queries,
  more,
  onMore,
  onSelect,
}: {
  rows: readonly SourceRow[];
  lanes: ReadonlyMap<string, readonly Segment[]>;
  /** undefined while nobody knows. */
  restarts: Restarts | undefined;
  range: { readonly fromMs: number; readonly toMs: number };
  queries: readonly QueryState<unknown>[];
  /** Rows that are not drawn. */
  more: number;
  onMore: () => void;
  onSelect: (key: string) => void;
}) {
  const span = range.toMs - range.fromMs;
  const { ref, width } = useWidth();
  const at = (ms: number) => `${Math.min(100, Math.max(0, ((ms - range.fromMs) / span) * 100))}%`;
  const crosshair = useCrosshair();
  return (
    <Panel
      title="Gaps"
      note={restarts === undefined ? 'When each source was there' : <RestartNote restarts={restarts} />}
      queries={queries}
      empty={rows.length === 0}
      emptyText="No source is configured, and nothing has been sent."
      metrics={[]}
      guide={freshnessGuide}
      csv={() => ({
        header: ['source', 'state', 'from', 'to', 'seconds'],
        rows: rows.flatMap(({ key }) =>
          (lanes.get(key) ?? []).map(({ state, fromMs, toMs }) => [
            key,
            laneWords[state],
            new Date(fromMs).toISOString(),
            new Date(toMs).toISOString(),
            (toMs - fromMs) / 1000,
          ]),
        ),
      })}
    >
      <ul className="mb-2 flex flex-wrap gap-x-4 gap-y-1 text-2xs text-ink-soft" aria-label="Legend">
        {order.map((state) => (
          <li key={state} className="flex items-center gap-1.5">
            <span aria-hidden className="relative inline-block h-3.5 w-5 overflow-hidden rounded-sm bg-sunken">
              <span className={`absolute inset-x-0 ${looks[state]}`} />
            </span>
            {laneWords[state]}
          </li>
        ))}
        <li className="flex items-center gap-1.5">
          <span aria-hidden className="inline-block h-3.5 border-l-2 border-accent" /> gateway started
        </li>
      </ul>
      <ol className="grid gap-1" aria-label="Lanes of sources">
        {rows.map((row) => {
          const segments = lanes.get(row.key);
          return (
            <li
              key={row.key}
              data-lane={row.key}
              className="grid grid-cols-1 items-center gap-x-3 sm:grid-cols-[13rem_minmax(0,1fr)]"
            >
              <button
                type="button"
                aria-haspopup="dialog"
                className="truncate rounded text-left text-xs hover:underline"
                title={row.key}
                onClick={() => onSelect(row.key)}
              >
                {row.name}
              </button>
              <div
                role="img"
                aria-label={`${row.name}: ${summary(segments)}`}
                className="relative h-3.5 overflow-hidden rounded-sm bg-sunken"
                onPointerMove={(event) => {
                  const box = event.currentTarget.getBoundingClientRect();
                  setCrosshair(range.fromMs + ((event.clientX - box.left) / Math.max(1, box.width)) * span);
                }}
                onPointerLeave={() => setCrosshair(null)}
              >
                {(segments ?? []).map(({ state, fromMs, toMs }) => (
                  <span
                    key={`${state}${fromMs}`}
                    data-state={state}
                    title={`${laneWords[state]}, ${clock(fromMs)} to ${clock(toMs)} (${age(toMs - fromMs)})`}
                    className={`absolute ${looks[state]}`}
                    style={{
                      left: at(fromMs),
                      width: `max(${state === 'receiving' || state === 'unknown' ? 0 : 3}px, ${((Math.min(toMs, range.toMs) - Math.max(fromMs, range.fromMs)) / span) * 100}%)`,
                    }}
                  />
                ))}
                {(restarts?.starts ?? []).map((startMs) => (
                  <span
                    key={startMs}
                    title={`the gateway started ${clock(startMs)}`}
                    className="absolute inset-y-0 border-l-2 border-accent"
                    style={{ left: at(startMs) }}
                  />
                ))}
                {crosshair !== null && crosshair >= range.fromMs && crosshair <= range.toMs && (
                  <span
                    className="pointer-events-none absolute inset-y-0 w-px bg-ink"
                    style={{ left: at(crosshair) }}
                  />
                )}
              </div>
            </li>
          );
        })}
      </ol>
      <div aria-hidden className="mt-1 grid sm:grid-cols-[13rem_minmax(0,1fr)] sm:gap-x-3">
        <span className="max-sm:hidden" />
        <div ref={ref} className="relative h-4 text-2xs tabular text-ink-faint">
          {timeTicks(range.fromMs, range.toMs, Math.max(2, Math.floor(width / 90))).map((tick) => (
            <span
              key={tick}
              className="absolute -translate-x-1/2 whitespace-nowrap first:translate-x-0 last:-translate-x-full"
              style={{ left: at(tick) }}
            >
              {timeLabel(tick, span)}
            </span>
          ))}
        </div>
      </div>
      {more > 0 && (
        <div className="mt-2">
          <Button size="small" onClick={onMore}>
            Show {Math.min(more, 100)} more of {more}
          </Button>
        </div>
      )}
    </Panel>
  );
}

const clock = (ms: number) =>
  new Date(ms).toLocaleString('en-GB', {
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });

function RestartNote({ restarts: { starts, away } }: { restarts: Restarts }) {
  const totalMs = away.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
  if (starts.length === 0 && away.length === 0)
    return 'When each source was there; the gateway was there throughout, as far as it knows';
  return `The gateway started ${starts.length === 1 ? 'once' : `${starts.length} times`} in this range${totalMs > 0 ? ` and was away for ${age(totalMs)}` : ''}`;
}

/** How long a lane was in each state that is worth a word. */
function summary(segments: readonly Segment[] | undefined): string {
  if (segments === undefined) return 'not known';
  const sums = new Map<Lane, number>();
  for (const { state, fromMs, toMs } of segments) sums.set(state, (sums.get(state) ?? 0) + toMs - fromMs);
  return order
    .flatMap((state) => (sums.has(state) ? [`${laneWords[state]} ${age(sums.get(state) ?? 0)}`] : []))
    .join(', ');
}
