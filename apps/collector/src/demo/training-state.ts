import { expectedCollectiveSeconds } from '@binnacle/shared/models/all-reduce.ts';
import { measuredSystem } from '@binnacle/shared/models/measured-systems.ts';
import { mfuRatio, palmFlopsPerToken, peakFlopsPerSecond } from '@binnacle/shared/models/mfu.ts';
import type { DemoClock } from './clock.ts';
import { bell, seedOf, uniform } from './noise.ts';
import { gpuModel, incident, trainingJob } from './scenario.ts';

/** What the training job does at a moment. One step = compute, then the part of the communication that is not hidden. */
export interface TrainingState {
  readonly port: PortCondition;
  /** Bandwidth of the job's ring over that of a healthy fabric: a ring is as fast as its slowest link. */
  readonly linkFactor: number;
  /** How long the other ranks wait for the straggler in each collective; 0 without one. */
  readonly latenessSeconds: number;
  readonly stepSeconds: number;
  /** Share of the step in which the tensor cores could be busy. */
  readonly computeShare: number;
  readonly tokensPerSecond: number;
  readonly mfuRatio: number;
}

export type PortCondition = 'active' | 'down' | 'half';

export const reference = (() => {
  const fit = measuredSystem('h100-8-nodes-ndr-sharp')?.fit;
  if (fit === undefined) throw new Error('the reference run of the demo fabric is missing');
  return fit;
})();

/** What a healthy port carries for one step, and how long a healthy job computes and visibly communicates. */
export const bytesPerPortPerStep = 145e9;
const computeSeconds = 7.6;
const exposedCommunicationSeconds = 2;
const stragglerSlowdown = 1.24;
export const tokensPerStep = 64 * 8192;
const flopsPerToken = palmFlopsPerToken({ parameters: 70.6e9, layers: 80, heads: 64, headDim: 128, sequence: 8192 });

const jobSeed = seedOf('training');
const flapSeed = seedOf('flap');

/** One minute of flapping, a letter a step: Active, Down, Half rate. */
const flapPattern = 'AHHDHH';
const conditions: Record<string, PortCondition> = { A: 'active', D: 'down', H: 'half' };

/** Condition of the port that flaps; active outside its incident. */
export function flappingPort(clock: DemoClock, atMs: number): PortCondition {
  if (!clock.active('linkFlap', atMs)) return 'active';
  return conditions[flapPattern[clock.step(atMs) % flapPattern.length] as string] as PortCondition;
}

export function trainingState(clock: DemoClock, atMs: number): TrainingState {
  const step = clock.step(atMs);
  const port = flappingPort(clock, atMs);
  const flapping = clock.active('linkFlap', atMs);
  const throttled = clock.active('straggler', atMs);
  // Even while the port is up, its partners still retransmit and its rail is being put back into the ring.
  const linkFactor = !flapping ? 1 : { active: 0.44, half: 0.39, down: 0.31 }[port] + 0.02 * uniform(flapSeed, step);
  const compute = computeSeconds * (throttled ? stragglerSlowdown : 1);
  const communication = exposedCommunicationSeconds / linkFactor;
  const stepSeconds = (compute + communication) * (1 + 0.006 * bell(jobSeed, step));
  const tokensPerSecond = tokensPerStep / stepSeconds;
  const mfu = mfuRatio({
    tokensPerSecond,
    flopsPerToken,
    gpus: trainingJob.ranks,
    peakFlopsPerSecond: peakFlopsPerSecond(gpuModel),
  });
  return {
    port,
    linkFactor,
    latenessSeconds: throttled ? 0.0042 : 0,
    stepSeconds,
    computeShare: computeSeconds / stepSeconds,
    tokensPerSecond,
    mfuRatio: mfu as number,
  };
}

/** Collectives of one dump of NCCL Inspector: what it reports is per rank for AllGather and ReduceScatter. */
export const collectives = [
  { name: 'AllReduce', totalBytes: 8 * 2 ** 20 },
  { name: 'AllReduce', totalBytes: 64 * 2 ** 20 },
  { name: 'AllReduce', totalBytes: 256 * 2 ** 20 },
  { name: 'AllReduce', totalBytes: 2 ** 30 },
  { name: 'ReduceScatter', totalBytes: 2 ** 30 },
  { name: 'AllGather', totalBytes: 2 ** 30 },
] as const;

const rankSeeds = Array.from({ length: trainingJob.ranks }, (_, rank) => seedOf(`rank ${rank}`));

/**
 * How long a collective ran on one rank: the transfer, and for every rank but the straggler the wait for it. The
 * straggler arrives last, so its own execution is the shortest.
 */
export function collectiveSeconds(
  clock: DemoClock,
  state: TrainingState,
  index: number,
  rank: number,
  atMs: number,
): number {
  const { name, totalBytes } = collectives[index] as (typeof collectives)[number];
  const healthy = expectedCollectiveSeconds({
    collective: name,
    ranks: trainingJob.ranks,
    bytes: totalBytes,
    ...reference,
  });
  if (healthy === undefined) throw new Error(`no model for ${name}`);
  const jitter = 1 + 0.012 * bell(rankSeeds[rank] as number, clock.step(atMs) * collectives.length + index);
  const transfer = (healthy / state.linkFactor) * jitter;
  return rank === incident.straggler.rank ? transfer : transfer + state.latenessSeconds;
}
