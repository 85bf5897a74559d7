import { type PipelineRun, pipelineRun } from '@binnacle/shared/api/domain.ts';
import type { Status } from '#components/ui/status.tsx';

export type RunState = PipelineRun['state'];
export type Task = PipelineRun['tasks'][number];
export type AnyState = RunState | Task['state'];

const collator = new Intl.Collator('en', { numeric: true });

/** How a state is called and how good it is. */
export const stateLooks: Readonly<Record<AnyState, { readonly status: Status; readonly word: string }>> = {
  succeeded: { status: 'ok', word: 'succeeded' },
  cached: { status: 'ok', word: 'cached' },
  running: { status: 'unknown', word: 'running' },
  pending: { status: 'unknown', word: 'pending' },
  paused: { status: 'attention', word: 'paused' },
  canceling: { status: 'attention', word: 'canceling' },
  canceled: { status: 'attention', word: 'canceled' },
  skipped: { status: 'unknown', word: 'skipped' },
  not_run: { status: 'unknown', word: 'not run' },
  failed: { status: 'bad', word: 'failed' },
  unknown: { status: 'unknown', word: 'unknown' },
};

const ended = (state: AnyState) => !['pending', 'running', 'canceling', 'paused', 'unknown'].includes(state);

/** Runs of the records, the newest first; what is no run by the schema is counted in `unreadable`. */
export function runsOf(records: readonly { readonly body: unknown }[]): { runs: PipelineRun[]; unreadable: number } {
  const runs = new Map<string, PipelineRun>();
  let unreadable = 0;
  for (const { body } of records) {
    const parsed = pipelineRun.safeParse(body);
    if (!parsed.success) unreadable++;
    else if (!runs.has(parsed.data.id)) runs.set(parsed.data.id, parsed.data);
  }
  const began = (run: PipelineRun) => run.startedAt ?? run.createdAt ?? 0;
  return { runs: [...runs.values()].sort((a, b) => began(b) - began(a)), unreadable };
}

/** Runs that were under way at some time of the range; one that has not ended is under way until now. */
export const runsWithin = (runs: readonly PipelineRun[], range: { fromMs: number; toMs: number }): PipelineRun[] =>
  runs.filter((run) => {
    const from = run.startedAt ?? run.createdAt;
    const to = run.finishedAt ?? (ended(run.state) ? from : Number.POSITIVE_INFINITY);
    return from !== null && from <= range.toMs && to !== null && to >= range.fromMs;
  });

/** ms; of what runs: until now. Null where it has not begun or nobody says when it ended. */
export function durationMs(
  { startedAt, finishedAt, state }: Pick<Task, 'startedAt' | 'finishedAt'> & { state: AnyState },
  nowMs: number,
): number | null {
  if (startedAt === null) return null;
  const end = finishedAt ?? (ended(state) || state === 'unknown' ? null : nowMs);
  return end === null ? null : Math.max(0, end - startedAt);
}

/** Steps after what they depend on; at the same depth by time, then by name. A circle ends up last instead of hanging. */
export function inDependencyOrder(tasks: readonly Task[]): Task[] {
  const left = new Map(tasks.map((task) => [task.id, task]));
  const ordered: Task[] = [];
  const order = (a: Task, b: Task) =>
    (a.startedAt ?? Number.MAX_SAFE_INTEGER) - (b.startedAt ?? Number.MAX_SAFE_INTEGER) ||
    collator.compare(a.name, b.name);
  while (left.size > 0) {
    const ready = [...left.values()].filter((task) => !task.dependsOn.some((id) => id !== task.id && left.has(id)));
    for (const task of (ready.length > 0 ? ready : [...left.values()]).sort(order)) {
      ordered.push(task);
      left.delete(task.id);
    }
  }
  return ordered;
}

/**
 * The chain that decided how long the run took: from the step that ended last, back along the dependency that ended last.
 * Empty where times are missing.
 */
export function criticalPath(tasks: readonly Task[], nowMs: number): Set<string> {
  const byId = new Map(tasks.map((task) => [task.id, task]));
  const endOf = (task: Task) =>
    task.finishedAt ?? (task.startedAt === null || ended(task.state) ? Number.NEGATIVE_INFINITY : nowMs);
  const last = (of: readonly Task[]) =>
    of.reduce<Task | undefined>(
      (latest, task) =>
        endOf(task) > (latest === undefined ? Number.NEGATIVE_INFINITY : endOf(latest)) ? task : latest,
      undefined,
    );
  const path = new Set<string>();
  for (let at = last(tasks); at !== undefined && !path.has(at.id); ) {
    path.add(at.id);
    at = last(at.dependsOn.flatMap((id) => byId.get(id) ?? []));
  }
  return path;
}

export interface GanttRow {
  readonly task: Task;
  /** Shares of the run's time, 0 to 1; null where the step has no times. */
  readonly left: number | null;
  readonly width: number;
  readonly durationMs: number | null;
  readonly critical: boolean;
  readonly dependsOn: readonly string[];
}

/** The steps of a run as bars over its time. */
export function ganttOf(run: PipelineRun, nowMs: number): { rows: GanttRow[]; fromMs: number | null; toMs: number } {
  const starts = [run.startedAt, ...run.tasks.map((task) => task.startedAt)].filter((time) => time !== null);
  const fromMs = starts.length === 0 ? run.createdAt : Math.min(...starts);
  const ends = [run.finishedAt, ...run.tasks.map((task) => task.finishedAt)].filter((time) => time !== null);
  const toMs = Math.max(ended(run.state) ? 0 : nowMs, ...ends, (fromMs ?? 0) + 1);
  const names = new Map(run.tasks.map((task) => [task.id, task.name]));
  const path = criticalPath(run.tasks, nowMs);
  const rows = inDependencyOrder(run.tasks).map((task): GanttRow => {
    const length = durationMs(task, nowMs);
    const span = fromMs === null ? null : toMs - fromMs;
    return {
      task,
      left:
        span === null || fromMs === null || task.startedAt === null || length === null
          ? null
          : (task.startedAt - fromMs) / span,
      width: span === null || length === null ? 0 : length / span,
      durationMs: length,
      critical: path.has(task.id),
      dependsOn: task.dependsOn.map((id) => names.get(id) ?? id),
    };
  });
  return { rows, fromMs, toMs };
}

export interface PipelineMatrix {
  readonly pipeline: string;
  /** Oldest first. */
  readonly runs: readonly PipelineRun[];
  /** Names of steps in dependency order of the newest run, then those that only earlier runs had. */
  readonly steps: readonly string[];
  readonly longestMs: number;
  /** More runs than are drawn. */
  readonly hidden: number;
}

/** A matrix per pipeline: a column per run, a row per step. */
export function matrices(runs: readonly PipelineRun[], most: number, nowMs: number): PipelineMatrix[] {
  const byPipeline = new Map<string, PipelineRun[]>();
  for (const run of runs) {
    const members = byPipeline.get(run.pipeline);
    if (members === undefined) byPipeline.set(run.pipeline, [run]);
    else members.push(run);
  }
  return [...byPipeline]
    .sort(([a], [b]) => collator.compare(a, b))
    .map(([pipeline, members]) => {
      const shown = members.slice(0, most);
      const steps = new Set(shown.flatMap((run) => inDependencyOrder(run.tasks).map(({ name }) => name)));
      return {
        pipeline,
        runs: shown.toReversed(),
        steps: [...steps],
        longestMs: Math.max(1, ...shown.map((run) => durationMs(run, nowMs) ?? 0)),
        hidden: members.length - shown.length,
      };
    });
}

/** State of the step of that name; of the iterations of a loop the worst. Null where the run has no such step. */
export function stepState(run: PipelineRun, name: string): Task['state'] | null {
  const rank: Partial<Record<Task['state'], number>> = { failed: 0, running: 1, unknown: 2, pending: 3, canceled: 4 };
  const states = run.tasks.filter((task) => task.name === name).map(({ state }) => state);
  return states.sort((a, b) => (rank[a] ?? 9) - (rank[b] ?? 9))[0] ?? null;
}

/** Where and why a run failed, in one line; null where it did not, or nobody says. */
export function failureOf(run: PipelineRun): string | null {
  const step = run.tasks.find(({ state }) => state === 'failed');
  const why = step?.error ?? run.error;
  return step === undefined ? why : why === null ? step.name : `${step.name}: ${why}`;
}

export function countStates(runs: readonly PipelineRun[]): Map<RunState, number> {
  const counts = new Map<RunState, number>();
  for (const { state } of runs) counts.set(state, (counts.get(state) ?? 0) + 1);
  return counts;
}
