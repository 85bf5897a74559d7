import type { AlphaBeta, Collective } from './all-reduce.ts';

/**
 * Published all-reduce runs to compare a cluster with. `busBandwidthBytesPerSecond` is the figure printed for `bytes`.
 * `fit` is the alpha-beta line through the run's own rows (largest relative error 3 %) and holds from `fitFromBytes` up;
 * systems of which only a peak was published have none: an expectation at other sizes is unknown.
 */
export interface MeasuredSystem {
  readonly id: string;
  readonly system: string;
  readonly collective: Collective;
  readonly ranks: number;
  readonly nodes: number;
  readonly bytes: number;
  readonly busBandwidthBytesPerSecond: number;
  readonly source: string;
  readonly fit?: AlphaBeta & { readonly fitFromBytes: number };
}

const GiB = 2 ** 30;
const MiB = 2 ** 20;
const stas = 'stas00/ml-engineering network/benchmarks';
const coreweave = 'coreweave/nccl-tests README';

function run(
  id: string,
  system: string,
  nodes: number,
  ranks: number,
  gib: number,
  gbps: number,
  source: string,
  fit?: [number, number, number],
): MeasuredSystem {
  const base = {
    id,
    system,
    collective: 'all_reduce' as const,
    ranks,
    nodes,
    bytes: gib * GiB,
    busBandwidthBytesPerSecond: gbps * 1e9,
    source,
  };
  return fit === undefined
    ? base
    : { ...base, fit: { alphaSeconds: fit[0] * 1e-6, betaBytesPerSecond: fit[1] * 1e9, fitFromBytes: fit[2] } };
}

export const measuredSystems: readonly MeasuredSystem[] = [
  run('a100-1-node', 'A100 node, NVLink 3', 1, 8, 16, 234.9, stas),
  run('h200-1-node-ring', 'H200 node, ring', 1, 8, 16, 367, stas),
  run('h100-1-node-nvls', 'H100 node, NVLS', 1, 8, 16, 485.1, 'NVIDIA/nccl plugins/profiler/inspector README'),
  run('b200-1-node', 'B200 node', 1, 8, 16, 845.7, stas),
  run('h100-2-nodes-ib', 'H100, 2 nodes, 8×400G InfiniBand', 2, 16, 16, 471, 'oracle-quickstart/oci-hpc'),
  run('h200-2-nodes-roce', 'H200, 2 nodes, 8×400G RoCE', 2, 16, 16, 485.7, 'nccl-tests 2.18.3 output, float'),
  run('h100-2-nodes-a3mega', 'H100, 2 nodes, 8×200G (GCP a3-mega)', 2, 16, 8, 338.8, 'nccl-tests output, a3-mega', [
    903.4,
    344,
    64 * MiB,
  ]),
  run('h100-8-nodes-ndr-sharp', 'H100, 8 nodes, 8×400G NDR InfiniBand, SHARP', 8, 64, 8, 386.56, coreweave, [
    259.3,
    385.8,
    512 * MiB,
  ]),
  run('h200-4-nodes-efa', 'H200, 4 nodes, 8×400G EFA, ring', 4, 32, 4, 364.9, stas),
  run('b200-4-nodes-efa', 'B200, 4 nodes, 8×400G EFA', 4, 32, 16, 381.8, stas),
  run('gb200-1-rack', 'GB200 NVL72, 1 rack', 18, 72, 8, 846.8, coreweave, [605.6, 866.2, 512 * MiB]),
  run('gb200-2-racks', 'GB200 NVL72, 2 racks', 36, 144, 16, 820, coreweave, [889.8, 815.2, 512 * MiB]),
  run('gb200-20-racks', 'GB200 NVL72, 20 racks', 360, 1440, 16, 405, coreweave, [4673.9, 425.6, 512 * MiB]),
];

/** A system by its id, or undefined. */
export function measuredSystem(id: string): MeasuredSystem | undefined {
  return measuredSystems.find((system) => system.id === id);
}
