/**
 * Question: how fast should a collective of this size be on this many ranks, and how good is what was measured?
 *
 * Formula: bus bandwidth = factor × size / time, with the factors of nccl-tests (`doc/PERFORMANCE.md`, `src/*.cu`), which
 * make the figure comparable with the link whatever the number of ranks. Expected time is the alpha-beta model
 *   T(S) = α + f·S/β,  so  expected bus bandwidth = β / (1 + α·β/(f·S)).
 * Ring: 2(N−1) steps and 2(N−1)/N·S bytes a rank; tree: 2·log2 N steps.
 *
 * Inputs: bytes = the total size that nccl-tests prints (for all_gather and reduce_scatter ranks × the size per rank, which
 * is what NCCL Inspector reports), α in seconds, β in bytes per second of bus bandwidth.
 *
 * Assumptions: one algorithm over the range of sizes; α and β fitted on a reference run of the same system. In-network
 * reduction (SHARP, NVLS) moves fewer bytes, so β may exceed the line rate. On two nodes NVLSTree counts the fabric twice.
 *
 * Unknown: undefined for a collective that is not in the table, for fewer than 2 ranks, for sizes that are not positive,
 * and for a fit without two different sizes or without a positive slope.
 */
export type Collective =
  | 'all_reduce'
  | 'all_gather'
  | 'reduce_scatter'
  | 'alltoall'
  | 'gather'
  | 'scatter'
  | 'broadcast'
  | 'reduce'
  | 'sendrecv';

const collectives: ReadonlyMap<string, Collective> = new Map([
  ['allreduce', 'all_reduce'],
  ['allgather', 'all_gather'],
  ['reducescatter', 'reduce_scatter'],
  ['alltoall', 'alltoall'],
  ['gather', 'gather'],
  ['scatter', 'scatter'],
  ['broadcast', 'broadcast'],
  ['reduce', 'reduce'],
  ['sendrecv', 'sendrecv'],
]);

/** Collective by any of its spellings (`AllReduce`, `all_reduce_perf`, `all-reduce`), or undefined. */
export function collectiveNamed(name: string): Collective | undefined {
  return collectives.get(
    name
      .toLowerCase()
      .replace(/_perf$/, '')
      .replace(/[^a-z]/g, ''),
  );
}

/** Bus bandwidth over algorithm bandwidth. Takes any spelling of the collective. */
export function busBandwidthFactor(collective: string, ranks: number): number | undefined {
  if (!(ranks >= 2)) return undefined;
  switch (collectiveNamed(collective)) {
    case 'all_reduce':
      return (2 * (ranks - 1)) / ranks;
    case 'all_gather':
    case 'reduce_scatter':
    case 'alltoall':
    case 'gather':
    case 'scatter':
      return (ranks - 1) / ranks;
    case 'broadcast':
    case 'reduce':
    case 'sendrecv':
      return 1;
    default:
      return undefined;
  }
}

/** Bus bandwidth in bytes per second of a measured collective. */
export function busBandwidth(input: {
  collective: string;
  ranks: number;
  bytes: number;
  seconds: number;
}): number | undefined {
  const factor = busBandwidthFactor(input.collective, input.ranks);
  return factor === undefined || !(input.bytes > 0) || !(input.seconds > 0)
    ? undefined
    : (factor * input.bytes) / input.seconds;
}

export interface AlphaBeta {
  /** Time of an empty collective. */
  readonly alphaSeconds: number;
  /** Bus bandwidth of an endless collective. */
  readonly betaBytesPerSecond: number;
}

export interface ExpectedInput extends AlphaBeta {
  readonly collective: string;
  readonly ranks: number;
  readonly bytes: number;
}

/** Seconds that the model expects. */
export function expectedCollectiveSeconds({
  collective,
  ranks,
  bytes,
  alphaSeconds,
  betaBytesPerSecond,
}: ExpectedInput): number | undefined {
  const factor = busBandwidthFactor(collective, ranks);
  if (factor === undefined || !(bytes > 0) || !(alphaSeconds >= 0) || !(betaBytesPerSecond > 0)) return undefined;
  return alphaSeconds + (factor * bytes) / betaBytesPerSecond;
}

/** Bus bandwidth in bytes per second that the model expects. */
export function expectedBusBandwidth(input: ExpectedInput): number | undefined {
  const seconds = expectedCollectiveSeconds(input);
  return seconds === undefined ? undefined : busBandwidth({ ...input, seconds });
}

export interface MeasuredPoint {
  readonly collective: string;
  readonly ranks: number;
  readonly bytes: number;
  readonly seconds: number;
}

/**
 * α and β of a reference run: least squares of the relative error, so that a sweep's largest size does not decide alone.
 * Where the best line has a negative α, α is 0. Points that are unknown or not positive are left out.
 */
export function fitAlphaBeta(points: readonly MeasuredPoint[]): AlphaBeta | undefined {
  let weight = 0;
  let weightX = 0;
  let weightXX = 0;
  let weightY = 0;
  let weightXY = 0;
  const sizes = new Set<number>();
  for (const { collective, ranks, bytes, seconds } of points) {
    const factor = busBandwidthFactor(collective, ranks);
    if (factor === undefined || !(bytes > 0) || !(seconds > 0) || !Number.isFinite(seconds)) continue;
    const x = factor * bytes;
    const w = 1 / (seconds * seconds);
    sizes.add(x);
    weight += w;
    weightX += w * x;
    weightXX += w * x * x;
    weightY += w * seconds;
    weightXY += w * x * seconds;
  }
  if (sizes.size < 2) return undefined;
  const slope = (weight * weightXY - weightX * weightY) / (weight * weightXX - weightX * weightX);
  const alphaSeconds = (weightY - slope * weightX) / weight;
  if (!(slope > 0)) return undefined;
  if (alphaSeconds < 0) return { alphaSeconds: 0, betaBytesPerSecond: weightXX / weightXY };
  return { alphaSeconds, betaBytesPerSecond: 1 / slope };
}

/** Steps of a ring: each adds a latency. */
export const ringSteps = (ranks: number): number => 2 * (ranks - 1);
/** Steps of a binary tree, up and down. */
export const treeSteps = (ranks: number): number => 2 * Math.log2(ranks);
/** Bytes that each rank of a ring all-reduce sends. */
export const ringBytesPerRank = (ranks: number, bytes: number): number => ((2 * (ranks - 1)) / ranks) * bytes;
