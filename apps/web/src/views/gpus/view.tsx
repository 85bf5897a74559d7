'use client';

import { parseAsString, parseAsStringLiteral, useQueryState } from 'nuqs';
import { useAlertMarks } from '#charts/use-alert-marks.ts';
import { Button } from '#components/ui/button.tsx';
import { useInstant, useRange } from '#data/hooks.ts';
import { format } from '#format/units.ts';
import { ViewHeader } from '#frame/view-header.tsx';
import { ViewBody } from '#panel/view-body.tsx';
import { gpuGuide } from './guide.ts';
import { GpuCard } from './panels/gpu-card.tsx';
import { GpuChart } from './panels/gpu-chart.tsx';
import { GpuHeatMap } from './panels/gpu-heat-map.tsx';
import { XidTable } from './panels/xid-table.tsx';
import { countStates, type GpuState, gpuStates, hotFromCelsius, unseenCauses } from './prepare.ts';
import { clockMetric, type GpuMetric, gpuMetrics, perGpu, xidCodes, xidMetric } from './queries.ts';

const metricNames = Object.keys(gpuMetrics) as GpuMetric[];

/** Which GPUs work, idle, suffer? */
export function GpusView() {
  const [metric, setMetric] = useQueryState('metric', parseAsStringLiteral(metricNames).withDefault('utilization'));
  const [over, setOver] = useQueryState('over', parseAsStringLiteral(['now', 'range']).withDefault('now'));
  const [gpu, setGpu] = useQueryState('gpu', parseAsString.withOptions({ history: 'push' }));
  const [node, setNode] = useQueryState('node', parseAsString.withOptions({ history: 'push' }));

  const utilization = useInstant(perGpu(gpuMetrics.utilization.metric, 'now'));
  const temperature = useInstant(perGpu(gpuMetrics.temperature.metric, 'now'));
  const clock = useInstant(perGpu(clockMetric, 'now'));
  const xidNow = useInstant(perGpu(xidMetric, 'now'));
  const xid = useRange(xidCodes);
  const marks = useAlertMarks('/gpus');

  const states = gpuStates({
    utilization: utilization.data?.samples ?? [],
    temperature: temperature.data?.samples ?? [],
    clock: clock.data?.samples ?? [],
    xid: xidNow.data?.samples ?? [],
  });
  const select = (id: string) => void setGpu(id);
  const shownNode = node ?? undefined;

  return (
    <>
      <ViewHeader
        title="GPUs"
        question="Which GPUs work, idle, suffer?"
        answer={
          <Answer
            states={states}
            unseen={unseenCauses({
              temperature: temperature.data?.samples,
              clock: clock.data?.samples,
              xid: xidNow.data?.samples,
            })}
            onSelect={select}
          />
        }
      />
      <ViewBody guide={gpuGuide}>
        <div className="grid gap-3 xl:grid-cols-2">
          <div className={gpu === null ? 'min-w-0 xl:col-span-2' : 'min-w-0'}>
            <GpuHeatMap
              metric={metric}
              over={over}
              states={states}
              selected={gpu}
              onMetric={(value) => void setMetric(value)}
              onOver={(value) => void setOver(value)}
              onSelect={select}
            />
          </div>
          {gpu !== null && (
            <GpuCard
              id={gpu}
              state={states.find((s) => `${s.node}/${s.gpu}` === gpu)}
              onClose={() => void setGpu(null)}
            />
          )}
          <div className="min-w-0 xl:col-span-2">
            <XidTable query={xid} onSelect={select} />
          </div>
          {shownNode !== undefined && (
            <div className="xl:col-span-2">
              <Button size="small" onClick={() => void setNode(null)}>
                Only {shownNode} · show all nodes
              </Button>
            </div>
          )}
          <GpuChart
            title="Utilization"
            note="Mean of the GPUs"
            metric={gpuMetrics.utilization.metric}
            aggregate="avg"
            unit="percent"
            node={shownNode}
            marks={marks}
            yMax={100}
          />
          <GpuChart
            title="Tensor activity"
            note="Share of time the tensor cores work: useful utilization"
            metric={gpuMetrics.tensor.metric}
            aggregate="avg"
            unit="ratio"
            node={shownNode}
            marks={marks}
            yMax={1}
          />
          <GpuChart
            title="Memory used"
            note="Mean of the GPUs"
            metric={gpuMetrics.memory.metric}
            aggregate="avg"
            unit="mebibytes"
            node={shownNode}
            marks={marks}
          />
          <GpuChart
            title="Power"
            note="Sum of the GPUs"
            metric={gpuMetrics.power.metric}
            aggregate="sum"
            unit="watts"
            node={shownNode}
            marks={marks}
          />
          <GpuChart
            title="Temperature"
            note="Hottest GPU"
            metric={gpuMetrics.temperature.metric}
            aggregate="max"
            unit="celsius"
            node={shownNode}
            marks={marks}
            yMin="auto"
            threshold={{ value: hotFromCelsius, label: 'slows down near' }}
          />
          <GpuChart
            title="SM clock"
            note="Slowest GPU"
            metric={clockMetric}
            aggregate="min"
            unit="megahertz"
            node={shownNode}
            marks={marks}
          />
        </div>
      </ViewBody>
    </>
  );
}

function Answer({
  states,
  unseen,
  onSelect,
}: {
  states: readonly GpuState[];
  unseen: readonly string[];
  onSelect: (gpu: string) => void;
}) {
  if (states.length === 0) return null;
  const counts = countStates(states);
  const suffering = states.filter((state) => state.work === 'suffers');
  const known = states.filter((state) => state.utilization !== null);
  const mean =
    known.length === 0 ? null : known.reduce((sum, state) => sum + (state.utilization ?? 0), 0) / known.length;
  return (
    <>
      <strong className="tabular">
        {counts.works + suffering.filter((s) => (s.utilization ?? 0) >= 5).length} of {states.length}
      </strong>{' '}
      GPUs work, {counts.idle} idle{counts.unknown > 0 && <>, {counts.unknown} unknown</>}
      {suffering.length === 0 ? (
        unseen.length === 0 ? (
          ', none suffers'
        ) : (
          `, none is seen to suffer, but nothing tells of ${unseen.join(' and ')}`
        )
      ) : (
        <>
          , {suffering.length} {suffering.length === 1 ? 'suffers' : 'suffer'}
        </>
      )}
      . Mean utilization <span className="tabular">{format(mean, 'percent')}</span>.
      {suffering.length > 0 && (
        <span className="block text-[13px] text-ink-soft">
          {suffering.slice(0, 4).map((state, i) => (
            <span key={`${state.node}/${state.gpu}`}>
              {i > 0 && ' · '}
              <button
                type="button"
                className="rounded text-accent underline underline-offset-2"
                onClick={() => onSelect(`${state.node}/${state.gpu}`)}
              >
                {state.node} GPU {state.gpu}
              </button>{' '}
              ({state.reason})
            </span>
          ))}
          {suffering.length > 4 && ` · and ${suffering.length - 4} more`}
        </span>
      )}
    </>
  );
}
