import { appendFileSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { busBandwidthFactor } from '@binnacle/shared/models/all-reduce.ts';
import type { DemoClock } from './clock.ts';
import { draw, seedOf } from './noise.ts';
import { gpusPerNode, nodes, stepMs, trainingJob } from './scenario.ts';
import { collectiveSeconds, collectives, trainingState } from './training-state.ts';

/** Every start of the job makes a communicator of its own. */
export const communicatorId = (clock: DemoClock): string =>
  `0x5d1f8c20${draw(communicatorSeed, clock.startedAtMs / 1000)
    .toString(16)
    .padStart(8, '0')}`;
const communicatorSeed = seedOf('communicator');
const basePid = 41_200;

/** A file that grew beyond this is put aside as `….log.1`, which replaces the one before. */
const rotateBytes = 256 * 1024;

export const inspectorFileName = (rank: number): string =>
  `${nodes[Math.floor(rank / gpusPerNode)]}-pid${basePid + rank}.log`;

/** The lines that NCCL Inspector (format v4.0) writes for one rank in the step of that moment, newest last. */
export function inspectorLines(clock: DemoClock, rank: number, atMs: number): string {
  const startMs = clock.step(atMs) * stepMs;
  const state = trainingState(clock, startMs);
  const dump = Math.round((startMs - clock.epochMs) / stepMs);
  let text = '';
  for (const [index, { name, totalBytes }] of collectives.entries()) {
    const exact = collectiveSeconds(clock, state, index, rank, startMs);
    const microseconds = Math.max(1, Math.round(exact * 1e6));
    const algorithm = totalBytes / microseconds / 1e3;
    const bus = algorithm * (busBandwidthFactor(name, trainingJob.ranks) as number);
    const record = {
      header: { id: communicatorId(clock), rank, n_ranks: trainingJob.ranks, nnodes: nodes.length },
      metadata: {
        inspector_output_format_version: 'v4.0',
        git_rev: '',
        rec_mechanism: 'profiler_plugin',
        dump_timestamp_us: (startMs + (index + 1) * 100) * 1000,
        hostname: nodes[Math.floor(rank / gpusPerNode)],
        pid: basePid + rank,
      },
      coll_perf: {
        coll: name,
        coll_sn: dump * collectives.length + index,
        coll_msg_size_bytes: name === 'AllReduce' ? totalBytes : totalBytes / trainingJob.ranks,
        coll_exec_time_us: microseconds,
        coll_timing_source: 'kernel_gpu',
        coll_algobw_gbs: Number(algorithm.toFixed(6)),
        coll_busbw_gbs: Number(bus.toFixed(6)),
      },
    };
    text += `${JSON.stringify(record)}\n`;
  }
  return text;
}

/** The Inspector's files of all ranks in one folder, as a shared file system would show them. */
export class InspectorFiles {
  readonly folder: string;
  readonly #clock: DemoClock;
  #lastStep = Number.NEGATIVE_INFINITY;

  constructor(folder: string, clock: DemoClock) {
    this.folder = folder;
    this.#clock = clock;
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
  }

  /** Appends the dump of the step of that moment, once. */
  append(atMs: number): void {
    const step = this.#clock.step(atMs);
    if (step <= this.#lastStep) return;
    this.#lastStep = step;
    for (let rank = 0; rank < trainingJob.ranks; rank++) {
      const path = join(this.folder, inspectorFileName(rank));
      if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > rotateBytes) renameSync(path, `${path}.1`);
      appendFileSync(path, inspectorLines(this.#clock, rank, atMs));
    }
  }
}
