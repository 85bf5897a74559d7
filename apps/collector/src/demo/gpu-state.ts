import type { DemoClock } from './clock.ts';
import { bell, seedOf, wander } from './noise.ts';
import { gpusPerNode, incident, nodes, stepMs } from './scenario.ts';
import { SteppedCounters } from './stepped-counters.ts';
import { type TrainingState, trainingState } from './training-state.ts';

export interface GpuState {
  readonly utilizationPercent: number;
  readonly memoryCopyPercent: number;
  readonly smClockMhz: number;
  readonly memoryClockMhz: number;
  readonly temperatureCelsius: number;
  readonly memoryTemperatureCelsius: number;
  readonly powerWatts: number;
  readonly framebufferUsedMib: number;
  readonly framebufferFreeMib: number;
  readonly framebufferReservedMib: number;
  readonly engineActiveRatio: number;
  readonly tensorActiveRatio: number;
  readonly dramActiveRatio: number;
  readonly nvlinkMegabytesPerSecond: number;
  readonly pcieTransmittedBytesPerSecond: number;
  readonly pcieReceivedBytesPerSecond: number;
  /** 0 = none since the driver was loaded. */
  readonly xid: number;
  readonly correctableRemappedRows: number;
}

const gpuCount = nodes.length * gpusPerNode;
const seeds = Array.from({ length: gpuCount }, (_, i) => seedOf(`gpu ${i}`));
const stragglerIndex = incident.straggler.rank;
const xidIndex = nodes.indexOf(incident.xid.node) * gpusPerNode + incident.xid.gpu;

/** All GPUs, in the order of ranks: node 1 GPU 0, node 1 GPU 1, … */
export class GpuSimulator {
  readonly #clock: DemoClock;
  readonly #energy: SteppedCounters;

  constructor(clock: DemoClock) {
    this.#clock = clock;
    this.#energy = new SteppedCounters({
      epochMs: clock.epochMs,
      size: gpuCount,
      offsets: Float64Array.from(seeds, (seed) => (clock.hasPast ? 3.1e11 + (seed % 1e10) : 0)),
      growth: (startMs, growth) => {
        const job = trainingState(clock, startMs);
        for (let i = 0; i < gpuCount; i++) growth[i] = powerWatts(clock, job, i, startMs) * stepMs;
      },
    });
  }

  /** Millijoules since the driver was loaded, whole, for every GPU. */
  energyMillijoules(atMs: number): Float64Array {
    return this.#energy.at(atMs).map(Math.floor);
  }

  state(index: number, atMs: number): GpuState {
    const clock = this.#clock;
    const step = clock.step(atMs);
    const seed = seeds[index] as number;
    const job = trainingState(clock, atMs);
    const throttled = index === stragglerIndex && clock.active('straggler', atMs);
    const hit = index === xidIndex && clock.active('xid', atMs);
    const noise = (channel: number) => bell(seed ^ (channel * 0x9e3779b1), step);
    const temperature =
      (throttled ? 91 : 59 + (seed % 7) + 9 * (job.computeShare - 0.6)) + 1.2 * wander(seed, step, 12);
    const used = 71_400 + (seed % 900);
    const reserved = 558;
    return {
      // NCCL kernels spin while they wait, so this old figure hardly falls; the engine and tensor activity tell more.
      utilizationPercent: clampRound(88 + 13 * job.computeShare + 1.2 * noise(1), 0, 100),
      memoryCopyPercent: clampRound(30 + 24 * job.computeShare + 2 * noise(2), 0, 100),
      smClockMhz: throttled ? 1155 + 15 * Math.round(noise(3)) : 1755 + 15 * Math.round(noise(3)),
      memoryClockMhz: 2619,
      temperatureCelsius: Math.round(temperature),
      memoryTemperatureCelsius: Math.round(temperature + 11 + noise(4)),
      powerWatts: powerWatts(clock, job, index, atMs),
      framebufferUsedMib: used,
      framebufferFreeMib: 81_559 - used - reserved,
      framebufferReservedMib: reserved,
      engineActiveRatio: clamp(0.35 + 0.72 * job.computeShare + 0.01 * noise(5), 0, 1),
      tensorActiveRatio: clamp(0.68 * job.computeShare + 0.008 * noise(6), 0, 1),
      dramActiveRatio: clamp(0.52 * job.computeShare + 0.01 * noise(7), 0, 1),
      nvlinkMegabytesPerSecond: Math.round(182_000 * job.computeShare * (1 + 0.02 * noise(8))),
      pcieTransmittedBytesPerSecond: Math.round(3.4e9 * job.computeShare * (1 + 0.03 * noise(9))),
      pcieReceivedBytesPerSecond: Math.round(4.1e9 * job.computeShare * (1 + 0.03 * noise(10))),
      xid: hit ? incident.xid.code : 0,
      correctableRemappedRows: hit ? 1 : 0,
    };
  }
}

function powerWatts(clock: DemoClock, job: TrainingState, index: number, atMs: number): number {
  const seed = seeds[index] as number;
  const throttled = index === stragglerIndex && clock.active('straggler', atMs);
  const watts = throttled ? 402 : 205 + 545 * job.computeShare + ((seed >>> 8) % 18);
  return Math.round((watts + 6 * bell(seed ^ 0x7f4a7c15, clock.step(atMs))) * 1000) / 1000;
}

const clamp = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));
const clampRound = (value: number, low: number, high: number): number => Math.round(clamp(value, low, high));
