import { type AlphaBeta, fitAlphaBeta } from '@binnacle/shared/models/all-reduce.ts';
import { measuredSystem } from '@binnacle/shared/models/measured-systems.ts';

/** A line to expect, and the size from which on it holds: below it the fit says nothing. */
export interface ExpectedLine extends AlphaBeta {
  readonly fitFromBytes: number;
}

const MiB = 2 ** 20;

function fitOf(id: string): ExpectedLine {
  const fit = measuredSystem(id)?.fit;
  if (fit === undefined) throw new Error(`the measured system ${id} has no fit`);
  return fit;
}

/** 4 nodes × 8 B200, 8×400G EFA: three sizes of stas00/ml-engineering, network/benchmarks (all_reduce, 32 ranks). */
function b200(): ExpectedLine {
  const published: [bytes: number, gigabytesPerSecond: number][] = [
    [16 * MiB, 64],
    [512 * MiB, 327],
    [16_384 * MiB, 381.8],
  ];
  const factor = (2 * 31) / 32;
  const fit = fitAlphaBeta(
    published.map(([bytes, gbps]) => ({
      collective: 'all_reduce',
      ranks: 32,
      bytes,
      seconds: (factor * bytes) / (gbps * 1e9),
    })),
  );
  if (fit === undefined) throw new Error('the published sizes of b200 give no fit');
  return { ...fit, fitFromBytes: 16 * MiB };
}

/**
 * Expected lines of several-node systems. They are what a good system of that kind reached, not a promise: calibrate
 * with `alphaSeconds` and `betaBytesPerSecond` from a reference run of your own.
 */
export const hardware = {
  /** 8 nodes × 8 H100, 8×400G NDR with SHARP (coreweave/nccl-tests). */
  'h100-ndr': fitOf('h100-8-nodes-ndr-sharp'),
  /** As h100-ndr: between nodes the eight 400G adapters set the pace, and they are the same. */
  'h200-ndr': fitOf('h100-8-nodes-ndr-sharp'),
  /** 2 nodes × 8 H100, 8×200G (GCP a3-mega). */
  'h100-a3mega': fitOf('h100-2-nodes-a3mega'),
  b200: b200(),
  /** GB200 NVL72, within one rack, over two and over twenty (coreweave/nccl-tests). */
  'gb200-1-rack': fitOf('gb200-1-rack'),
  'gb200-2-racks': fitOf('gb200-2-racks'),
  'gb200-20-racks': fitOf('gb200-20-racks'),
} as const satisfies Record<string, ExpectedLine>;

export type Hardware = keyof typeof hardware;
export const hardwareNames = Object.keys(hardware) as [Hardware, ...Hardware[]];
