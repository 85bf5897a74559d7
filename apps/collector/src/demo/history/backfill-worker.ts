import { parentPort, workerData } from 'node:worker_threads';
import { DemoClock } from '../clock.ts';
import { createSimulator } from '../simulator.ts';
import { backfillHistory } from './backfill.ts';
import type { BackfillJob } from './fill-if-empty.ts';

// The simulator needs nothing but the start of its clock to be the same one.
const { startedAtMs, options } = workerData as BackfillJob;
const simulator = createSimulator(new DemoClock(startedAtMs), () => startedAtMs);
parentPort?.postMessage(await backfillHistory(simulator, options));
