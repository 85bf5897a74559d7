import type { DemoClock } from './clock.ts';
import { draw, seedOf, uniform } from './noise.ts';
import type { pipelines } from './scenario.ts';

/** A task of a pipeline; `seconds` is its usual length, start of the pod included. */
export interface TaskPlan {
  readonly name: string;
  readonly seconds: number;
  readonly dependsOn: readonly string[];
  /** Its result is often taken from the cache: then it takes no time. */
  readonly cacheable?: true;
}

export interface PipelinePlan {
  readonly name: (typeof pipelines)[number];
  readonly namespace: string;
  readonly everySeconds: number;
  readonly tasks: readonly TaskPlan[];
  /** One run in so many fails, at this task. */
  readonly fails?: { readonly oneIn: number; readonly task: string; readonly message: string };
}

const task = (name: string, seconds: number, dependsOn: string[] = [], cacheable?: true): TaskPlan => ({
  name,
  seconds,
  dependsOn,
  ...(cacheable === undefined ? {} : { cacheable }),
});

export const plans: readonly PipelinePlan[] = [
  {
    name: 'nightly-finetune',
    namespace: 'ml-platform',
    everySeconds: 900,
    tasks: [
      task('fetch-dataset', 45, [], true),
      task('clean-and-split', 70, ['fetch-dataset'], true),
      task('tokenize', 95, ['clean-and-split']),
      task('finetune-lora', 310, ['tokenize']),
      task('merge-weights', 50, ['finetune-lora']),
      task('evaluate', 120, ['merge-weights', 'clean-and-split']),
      task('register-model', 20, ['evaluate']),
    ],
  },
  {
    name: 'eval-suite',
    namespace: 'ml-platform',
    everySeconds: 420,
    tasks: [
      task('load-prompts', 15, [], true),
      task('run-mmlu', 110, ['load-prompts']),
      task('run-humaneval', 85, ['load-prompts']),
      task('run-safety', 70, ['load-prompts']),
      task('report', 25, ['run-mmlu', 'run-humaneval', 'run-safety']),
    ],
    fails: { oneIn: 4, task: 'run-humaneval', message: 'main: Error (exit code 137)' },
  },
];

export type TaskState = 'PENDING' | 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'OMITTED';

export interface TaskInstance {
  readonly plan: TaskPlan;
  readonly state: TaskState;
  readonly cached: boolean;
  readonly startedAtMs: number | null;
  readonly finishedAtMs: number | null;
}

export interface PipelineRunInstance {
  readonly plan: PipelinePlan;
  readonly index: number;
  readonly id: string;
  readonly name: string;
  readonly createdAtMs: number;
  readonly startedAtMs: number;
  readonly finishedAtMs: number | null;
  readonly state: 'PENDING' | 'RUNNING' | 'SUCCEEDED' | 'FAILED';
  readonly error: string | null;
  readonly tasks: readonly TaskInstance[];
}

/** Runs are kept this long, as by a server whose old runs are pruned. */
const keptMs = 12 * 3_600_000;

/** UUID (version 4 in shape) that belongs to a name. */
export function uuidOf(name: string): string {
  const seed = seedOf(name);
  const word = (n: number) => draw(seed, n).toString(16).padStart(8, '0');
  return `${word(0)}-${word(1).slice(0, 4)}-4${word(1).slice(5)}-8${word(2).slice(1, 4)}-${word(2).slice(4)}${word(3)}`;
}

/** All runs that exist at a moment, newest first. Pipelines run at fixed times of the day, as by a recurring schedule. */
export function pipelineRuns(clock: DemoClock, atMs: number): PipelineRunInstance[] {
  const runs: PipelineRunInstance[] = [];
  const oldestMs = clock.startedAtMs - 3 * 3_600_000;
  for (const plan of plans) {
    const everyMs = plan.everySeconds * 1000;
    const newest = Math.floor(atMs / everyMs);
    const oldest = Math.ceil(Math.max(oldestMs, atMs - keptMs) / everyMs);
    for (let index = newest; index >= oldest; index--) runs.push(pipelineRun(plan, index, atMs));
  }
  return runs.sort((a, b) => b.createdAtMs - a.createdAtMs);
}

function pipelineRun(plan: PipelinePlan, index: number, atMs: number): PipelineRunInstance {
  const createdAtMs = index * plan.everySeconds * 1000;
  const startedAtMs = createdAtMs + 2000;
  const name = `${plan.name}-${new Date(createdAtMs).toISOString().slice(0, 16).replace(/[-:]/g, '').replace('T', '-')}`;
  const seed = seedOf(`${plan.name} ${index}`);
  const fails = plan.fails !== undefined && index % plan.fails.oneIn === 0 ? plan.fails : undefined;
  const ends = new Map<string, number>();
  let failedAtMs = Number.POSITIVE_INFINITY;
  let lastMs = startedAtMs;
  const timed = plan.tasks.map((one, i) => {
    const cached = one.cacheable === true && uniform(seed, i + 100) < 0.5;
    const start = Math.max(startedAtMs, ...one.dependsOn.map((dependency) => ends.get(dependency) as number)) + 3000;
    const seconds = cached ? 2 : one.seconds * (0.9 + 0.2 * uniform(seed, i)) * (fails?.task === one.name ? 0.6 : 1);
    const end = start + Math.round(seconds) * 1000;
    ends.set(one.name, end);
    if (fails?.task === one.name) failedAtMs = end;
    return { one, cached, start, end };
  });
  const blocked = new Set<string>(fails === undefined ? [] : [fails.task]);
  const tasks = timed.map(({ one, cached, start, end }): TaskInstance => {
    const omitted = one.dependsOn.some((dependency) => blocked.has(dependency));
    if (omitted) {
      blocked.add(one.name);
      return {
        plan: one,
        state: atMs >= failedAtMs ? 'OMITTED' : 'PENDING',
        cached: false,
        startedAtMs: null,
        finishedAtMs: null,
      };
    }
    lastMs = Math.max(lastMs, end);
    if (atMs < start) return { plan: one, state: 'PENDING', cached: false, startedAtMs: null, finishedAtMs: null };
    if (atMs < end) return { plan: one, state: 'RUNNING', cached, startedAtMs: start, finishedAtMs: null };
    return {
      plan: one,
      state: fails?.task === one.name ? 'FAILED' : 'SUCCEEDED',
      cached,
      startedAtMs: start,
      finishedAtMs: end,
    };
  });
  const finishedAtMs = lastMs + 2000;
  const finished = atMs >= finishedAtMs;
  return {
    plan,
    index,
    id: uuidOf(`${plan.name} run ${index}`),
    name,
    createdAtMs,
    startedAtMs,
    finishedAtMs: finished ? finishedAtMs : null,
    state: atMs < startedAtMs ? 'PENDING' : !finished ? 'RUNNING' : fails === undefined ? 'SUCCEEDED' : 'FAILED',
    error: finished && fails !== undefined ? fails.message : null,
    tasks,
  };
}
