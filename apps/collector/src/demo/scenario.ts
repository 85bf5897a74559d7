/**
 * The demo cluster's truth: names, sizes and the scripted incident. The simulator renders it behind real protocols, the
 * collector's ordinary receivers read it back, and the end-to-end tests check the pages against it.
 */
export const demoCluster = 'demo';

/** 8 nodes of 8 GPUs; GPU i of every node hangs on rail i (HCA mlx5_i), leaf i / 2; 4 leaves, 2 spines. */
export const nodes = Array.from({ length: 8 }, (_, i) => `gpu-node-${String(i + 1).padStart(2, '0')}`);
export const gpusPerNode = 8;
export const gpuModel = 'NVIDIA H100 80GB HBM3';
export const hcaDevices = Array.from({ length: 8 }, (_, i) => `mlx5_${i}`);
export const portRateText = '400 Gb/sec (4X NDR)';
export const portBytesPerSecond = 50e9;

/** Queues of KAI-Scheduler: GPUs; -1 = unlimited. All 64 GPUs are in the `pretraining` queue's training job. */
export const queues = [
  { name: 'research', parent: null, quota: 48, limit: -1, weight: 2, priority: 100 },
  { name: 'pretraining', parent: 'research', quota: 32, limit: -1, weight: 2, priority: 100 },
  { name: 'vision', parent: 'research', quota: 16, limit: 24, weight: 1, priority: 100 },
  { name: 'production', parent: null, quota: 16, limit: 32, weight: 1, priority: 100 },
  { name: 'batch-inference', parent: 'production', quota: 8, limit: 16, weight: 1, priority: 100 },
  { name: 'fine-tuning', parent: 'production', quota: 8, limit: -1, weight: 1, priority: 100 },
  { name: 'platform', parent: null, quota: 0, limit: 8, weight: 1, priority: 50 },
  { name: 'ci', parent: 'platform', quota: 0, limit: 4, weight: 1, priority: 50 },
  { name: 'notebooks', parent: 'platform', quota: 0, limit: 8, weight: 1, priority: 50 },
] as const;

/** The training job: rank r is GPU r % 8 of node r / 8. */
export const trainingJob = { name: 'llama-70b-pretrain', namespace: 'research', queue: 'pretraining', ranks: 64 };

/** Model servers (vLLM); they run on another site's GPUs, which this cluster does not see. */
export const deployments = ['llama-3.1-8b-instruct', 'qwen2.5-72b-instruct'] as const;

export const mcpServers = ['repo-tools', 'tickets', 'observability'] as const;
export const pipelines = ['nightly-finetune', 'eval-suite'] as const;
export const driftProbes = ['capitals', 'feynman', 'sql-join'] as const;

/**
 * The incident, in minutes of a cycle that repeats. A fresh start enters the cycle at `startMinute`, so that everything
 * below but the changed tool is under way when the first page is opened.
 */
export const cycleMinutes = 30;
export const startMinute = 7;
export const incident = {
  /** Port flaps between ACTIVE and DOWN, comes back at half its rate in between. */
  linkFlap: { from: 2, to: 22, node: 'gpu-node-03', device: 'mlx5_4' },
  /** GPU throttles by heat: its rank arrives last in every collective. GPU 3 of node 4 is rank 27. */
  straggler: { from: 4, to: 20, node: 'gpu-node-04', gpu: 3, rank: 27 },
  /** XID 63 (a memory row was remapped) on one GPU: the job lives on, unlike after one that takes the GPU off the bus. */
  xid: { from: 5, to: 24, node: 'gpu-node-06', gpu: 1, code: 63 },
  /** The queue asks for two 8-GPU pod groups and holds nothing, while `pretraining` borrows beyond its share. */
  starvedQueue: { from: 3, to: 24, queue: 'vision', requested: 16 },
  /** The deployment answers this probe differently under concurrency, although the temperature is zero. */
  drift: { from: 5, to: 25, deployment: 'llama-3.1-8b-instruct', probe: 'feynman' },
  /** The tool's description gains an instruction to the model: a minute after a fresh start, so that it is seen to change. */
  toolChange: { from: 8, to: 26, server: 'tickets', tool: 'create_ticket' },
} as const;

export type IncidentName = keyof typeof incident;

/** Minute of the cycle at a time, for a demo that started at `startedAtMs`; the past before the start counts backwards. */
export function cycleMinute(nowMs: number, startedAtMs: number): number {
  const minute = startMinute + (nowMs - startedAtMs) / 60_000;
  return ((minute % cycleMinutes) + cycleMinutes) % cycleMinutes;
}

/** When the incident of the cycle at `nowMs` began; only meaningful while it is active. */
export function activeSinceMs(name: IncidentName, nowMs: number, startedAtMs: number): number {
  return nowMs - (cycleMinute(nowMs, startedAtMs) - incident[name].from) * 60_000;
}

export function isActive(name: IncidentName, nowMs: number, startedAtMs: number): boolean {
  const { from, to } = incident[name];
  const minute = cycleMinute(nowMs, startedAtMs);
  return minute >= from && minute < to;
}

/** Length of one step of the simulator; everything drawn from chance holds for one step. */
export const stepMs = 10_000;

/** Counters begin this long before the start, so that the past hour that a fresh gateway is given is on the same line. */
export const countersBeginMs = 2 * 3_600_000;
