'use client';

import { HeatMap } from '#charts/heat-map.tsx';
import { Segmented } from '#components/ui/segmented.tsx';
import { useInstant } from '#data/hooks.ts';
import { Panel } from '#panel/panel.tsx';
import { gpuGuide } from '../guide.ts';
import { type GpuState, gpuGrid } from '../prepare.ts';
import { type GpuMetric, gpuMetrics, perGpu } from '../queries.ts';

export function GpuHeatMap({
  metric,
  over,
  states,
  selected,
  onMetric,
  onOver,
  onSelect,
}: {
  metric: GpuMetric;
  over: 'now' | 'range';
  states: readonly GpuState[];
  selected: string | null;
  onMetric: (metric: GpuMetric) => void;
  onOver: (over: 'now' | 'range') => void;
  onSelect: (gpu: string) => void;
}) {
  const { metric: name, title, unit, low, high } = gpuMetrics[metric];
  const query = useInstant(perGpu(name, over));
  const grid = gpuGrid(query.data?.samples ?? []);
  const reasons = new Map(
    states.flatMap((s): [string, string][] => (s.reason === null ? [] : [[`${s.node}/${s.gpu}`, s.reason]])),
  );
  const key = (row: number, column: number) => `${grid.nodes[row]}/${grid.gpus[column]}`;
  const [node, gpu] =
    selected === null
      ? []
      : [selected.slice(0, selected.lastIndexOf('/')), selected.slice(selected.lastIndexOf('/') + 1)];
  const place = { row: grid.nodes.indexOf(node ?? ''), column: grid.gpus.indexOf(gpu ?? '') };

  return (
    <Panel
      title={`${title} by GPU`}
      note={over === 'now' ? 'Newest value of each GPU' : 'Mean of each GPU over the time range'}
      queries={[query]}
      empty={grid.nodes.length === 0}
      metrics={[name]}
      guide={gpuGuide}
      minHeight={310}
      csv={() => ({
        header: ['node', 'gpu', title],
        rows: grid.nodes.flatMap((n) => grid.gpus.map((g) => [n, g, grid.values.get(`${n}/${g}`) ?? null])),
      })}
      actions={
        <div className="flex flex-wrap gap-2">
          <Segmented
            label="Quantity"
            value={metric}
            options={Object.entries(gpuMetrics).map(([value, entry]) => ({
              value: value as GpuMetric,
              label: entry.title,
            }))}
            onChange={onMetric}
          />
          <Segmented
            label="Now or over the range"
            value={over}
            options={[
              { value: 'now', label: 'Now' },
              { value: 'range', label: 'Range' },
            ]}
            onChange={onOver}
          />
        </div>
      }
    >
      <HeatMap
        label={`${title} of each GPU, node by node`}
        rows={grid.nodes}
        columns={grid.gpus}
        columnTitle="GPU"
        cell={(row, column) => ({
          value: grid.values.get(key(row, column)) ?? null,
          alert: reasons.get(key(row, column)),
        })}
        unit={unit}
        low={low}
        high={high ?? Math.max(1, grid.highest)}
        selected={place.row >= 0 && place.column >= 0 ? place : undefined}
        onSelect={(row, column) => onSelect(key(row, column))}
      />
    </Panel>
  );
}
