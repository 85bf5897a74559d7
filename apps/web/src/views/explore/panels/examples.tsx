'use client';

import { useCluster } from '#data/cluster.ts';

/** Where to begin while nothing is asked. */
export function Examples({ onPick }: { onPick: (expr: string) => void }) {
  const { matcher } = useCluster();
  const at = matcher === undefined ? '' : `{${matcher}}`;
  const examples = [
    ['Mean GPU utilization of each node', `avg by (hostname) (DCGM_FI_DEV_GPU_UTIL${at})`],
    ['What each port transmits', `rate(node_infiniband_port_data_transmitted_bytes_total${at}[2m])`],
    [
      'GPUs that queues ask for and do not hold',
      `binnacle_queue_requested_gpus${at} - binnacle_queue_allocated_gpus${at}`,
    ],
    ['Sources that do not answer', `up${at} == 0`],
  ] as const;
  return (
    <section aria-label="Examples" className="rounded-lg border border-line bg-surface p-4 shadow-panel">
      <h2 className="text-[13px] font-semibold">To begin with</h2>
      <ul className="mt-2 grid gap-1">
        {examples.map(([what, expr]) => (
          <li key={expr}>
            <button
              type="button"
              onClick={() => onPick(expr)}
              className="w-full rounded-md px-2 py-1.5 text-left hover:bg-sunken"
            >
              <span className="block text-[13px]">{what}</span>
              <code className="block break-all font-mono text-xs text-ink-faint">{expr}</code>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
