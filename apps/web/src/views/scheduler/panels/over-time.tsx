'use client';

import type { ChartMark } from '#charts/chart-overlay.tsx';
import { linesOf } from '#charts/lines.ts';
import { TimeSeriesChart } from '#charts/time-series-chart.tsx';
import { useRange } from '#data/hooks.ts';
import { linesCsv } from '#panel/csv.ts';
import { Panel } from '#panel/panel.tsx';
import { queueGuide } from '../guide.ts';
import type { Queue } from '../prepare.ts';
import { allocated, capacity, oldestPending } from '../queries.ts';

/** Leaf queues alone, since a parent's line would draw its children's GPUs a second time. */
export function AllocatedChart({ queues, marks }: { queues: readonly Queue[]; marks: readonly ChartMark[] }) {
  const query = useRange(allocated, { share: 1 / 2 });
  const whole = useRange(capacity, { share: 1 / 2 });
  const leaves = new Set(queues.filter((queue) => queue.leaf).map((queue) => queue.name));
  const all = linesOf(query.data, (labels) => labels.queue ?? 'unnamed').filter((line) => leaves.has(line.name));
  const used = all.filter((line) => line.values.some((value) => value !== 0));
  const unused = all.filter((line) => !used.includes(line)).map((line) => line.name);
  const lines = [
    ...used,
    ...linesOf(whole.data, () => 'Capacity').map((line) => ({ ...line, color: 'var(--ink-faint)', dashed: true })),
  ];
  return (
    <Panel
      title="Allocated GPUs by leaf queue"
      note={unused.length === 0 ? 'Against what the nodes offer' : `Not drawn, held none: ${unused.join(', ')}`}
      queries={[query, whole]}
      empty={lines.length === 0}
      metrics={['binnacle_queue_allocated_gpus']}
      guide={queueGuide}
      csv={() => linesCsv([...all, ...lines.filter((line) => line.name === 'Capacity')])}
    >
      {query.data !== undefined && (
        <TimeSeriesChart
          label="Allocated GPUs by leaf queue"
          lines={lines}
          unit="gpus"
          range={query.data}
          marks={marks}
        />
      )}
    </Panel>
  );
}

export function OldestPendingChart({ marks }: { marks: readonly ChartMark[] }) {
  const query = useRange(oldestPending, { share: 1 / 2 });
  // Without samples of anything it is not known that nothing waited.
  const read = useRange(allocated, { share: 1 / 2 });
  const lines = linesOf(query.data, (labels) => labels.queue ?? 'unnamed');
  return (
    <Panel
      title="Wait of the oldest pod group by queue"
      note="A gap is a time in which nothing waited"
      queries={[query]}
      empty={lines.length === 0}
      {...((read.data?.series.length ?? 0) > 0 ? { emptyIsGood: 'Nothing waited in this time range.' } : {})}
      metrics={['binnacle_queue_pending_pod_groups']}
      guide={queueGuide}
      csv={() => linesCsv(lines)}
    >
      {query.data !== undefined && (
        <TimeSeriesChart
          label="Wait of the oldest pod group by queue"
          lines={lines}
          unit="seconds"
          range={query.data}
          marks={marks}
        />
      )}
    </Panel>
  );
}
