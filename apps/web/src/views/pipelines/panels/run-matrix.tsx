'use client';

import type { PipelineRun } from '@binnacle/shared/api/domain.ts';
import { cn } from '#components/ui/class-names.ts';
import { useClock } from '#data/clock.tsx';
import type { QueryState } from '#data/query-state.ts';
import { age, timeLabel } from '#format/units.ts';
import { Panel } from '#panel/panel.tsx';
import { pipelineGuide } from '../guide.ts';
import { type AnyState, durationMs, matrices, type PipelineMatrix, stateLooks, stepState } from '../prepare.ts';
import { barColors, StateBadge, StateCell } from './state-mark.tsx';

const mostRuns = 40;
const legend: readonly AnyState[] = ['succeeded', 'cached', 'running', 'pending', 'failed', 'not_run', 'canceled'];

/** Every run of the range as a column, every step as a row: which step fails, and since when. */
export function RunMatrix({
  runs,
  query,
  selected,
  onSelect,
  className,
}: {
  runs: readonly PipelineRun[];
  query: QueryState<unknown>;
  selected: string | null;
  onSelect: (id: string) => void;
  className?: string;
}) {
  const { nowMs } = useClock();
  return (
    <Panel
      title="Runs and their steps"
      note="A column per run, the newest on the right; the height of its bar is how long it took"
      queries={[query]}
      empty={runs.length === 0}
      metrics={['binnacle_pipeline_run_state']}
      guide={pipelineGuide}
      minHeight={160}
      {...(className === undefined ? {} : { className })}
    >
      <div className="grid min-w-0 gap-5">
        {matrices(runs, mostRuns, nowMs).map((matrix) => (
          <Matrix key={matrix.pipeline} matrix={matrix} selected={selected} onSelect={onSelect} nowMs={nowMs} />
        ))}
        <p className="flex flex-wrap gap-1.5">
          {legend.map((state) => (
            <StateBadge key={state} state={state} />
          ))}
        </p>
      </div>
    </Panel>
  );
}

function Matrix({
  matrix,
  selected,
  onSelect,
  nowMs,
}: {
  matrix: PipelineMatrix;
  selected: string | null;
  onSelect: (id: string) => void;
  nowMs: number;
}) {
  const { range } = useClock();
  const span = range.toMs - range.fromMs;
  const label = (run: PipelineRun) => {
    const took = durationMs(run, nowMs);
    return `${run.name}: ${stateLooks[run.state].word}${took === null ? '' : `, ${age(took)}`}`;
  };
  return (
    <section aria-label={matrix.pipeline} className="min-w-0">
      <h3 className="text-[13px] font-medium">
        {matrix.pipeline}{' '}
        <span className="font-normal text-ink-faint">
          {matrix.runs.length} {matrix.runs.length === 1 ? 'run' : 'runs'}
          {matrix.hidden > 0 && `, ${matrix.hidden} older ones not drawn`}
        </span>
      </h3>
      <section
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
        tabIndex={0}
        aria-label={`Runs of ${matrix.pipeline}`}
        className="overflow-x-auto"
      >
        <table className="border-separate border-spacing-x-1 border-spacing-y-0.5 text-xs">
          <thead>
            <tr>
              <th
                scope="col"
                className="sticky left-0 z-10 bg-surface text-left align-bottom font-normal text-ink-faint"
              >
                <span className="block w-28 sm:w-40">duration</span>
              </th>
              {matrix.runs.map((run) => {
                const took = durationMs(run, nowMs);
                return (
                  <th key={run.id} scope="col" className="p-0 align-bottom font-normal">
                    <button
                      type="button"
                      aria-label={label(run)}
                      aria-pressed={run.id === selected}
                      title={label(run)}
                      onClick={() => onSelect(run.id)}
                      className={cn(
                        'flex h-14 w-6 flex-col justify-end rounded px-1 hover:bg-sunken',
                        run.id === selected && 'bg-accent-soft',
                      )}
                    >
                      <span
                        className={cn('w-full rounded-t-sm', took === null && 'hatched')}
                        style={{
                          height: took === null ? 6 : Math.max(3, (took / matrix.longestMs) * 48),
                          background: took === null ? undefined : barColors[run.state],
                        }}
                      />
                    </button>
                  </th>
                );
              })}
            </tr>
          </thead>
          <tbody>
            <tr>
              <th scope="row" className="sticky left-0 z-10 bg-surface pr-2 text-left font-medium">
                run
              </th>
              {matrix.runs.map((run) => (
                <td key={run.id} className="p-0" title={label(run)}>
                  <StateCell
                    state={run.state}
                    className={run.id === selected ? 'outline-2 outline-accent outline-solid' : ''}
                  />
                  <span className="sr-only">{stateLooks[run.state].word}</span>
                </td>
              ))}
            </tr>
            {matrix.steps.map((step) => (
              <tr key={step}>
                <th scope="row" className="sticky left-0 z-10 bg-surface pr-2 text-left font-normal text-ink-soft">
                  <span className="block w-28 truncate sm:w-40" title={step}>
                    {step}
                  </span>
                </th>
                {matrix.runs.map((run) => {
                  const state = stepState(run, step);
                  return (
                    <td key={run.id} className="p-0">
                      {state !== null && (
                        <span title={`${step} of ${run.name}: ${stateLooks[state].word}`}>
                          <StateCell state={state} />
                          <span className="sr-only">{stateLooks[state].word}</span>
                        </span>
                      )}
                    </td>
                  );
                })}
              </tr>
            ))}
            <tr aria-hidden>
              <td className="sticky left-0 bg-surface" />
              {matrix.runs.map((run, i) => {
                const began = run.startedAt ?? run.createdAt;
                const step = Math.max(2, Math.ceil(matrix.runs.length / 6));
                return (
                  <td key={run.id} className="relative h-4 p-0 text-2xs tabular text-ink-faint">
                    {i % step === 0 && began !== null && (
                      <span className="absolute left-0 top-0 whitespace-nowrap">{timeLabel(began, span)}</span>
                    )}
                  </td>
                );
              })}
            </tr>
          </tbody>
        </table>
      </section>
    </section>
  );
}
