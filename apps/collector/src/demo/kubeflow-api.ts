import type { DemoClock } from './clock.ts';
import { draw, seedOf } from './noise.ts';
import {
  type PipelinePlan,
  type PipelineRunInstance,
  pipelineRuns,
  type TaskInstance,
  uuidOf,
} from './pipeline-state.ts';

const second = (ms: number): string => new Date(Math.floor(ms / 1000) * 1000).toISOString().replace('.000Z', 'Z');
/** What the API server prints for times that are not known yet; they differ between runs and tasks. */
const noRunTime = '1970-01-01T00:00:00Z';
const noTaskTime = '0001-01-01T00:00:00Z';

/** An answer of the API: a status and a JSON body. */
export interface ApiAnswer {
  readonly status: number;
  readonly body: unknown;
}

const failure = (status: number, code: number, message: string): ApiAnswer => ({
  status,
  body: { error: message, code, message, details: [] },
});

/** `GET /apis/v2beta1/runs`: pages by an opaque token, newest first with `sort_by=created_at desc` (oldest first without). */
export function listRuns(clock: DemoClock, query: URLSearchParams, atMs: number): ApiAnswer {
  const size = Number(query.get('page_size') ?? '20');
  if (!Number.isInteger(size) || size < 0 || size > 200)
    return failure(400, 3, 'Invalid input error: The page size should be greater than 0 and at most 200');
  const descending = /^created_at desc$/.test(query.get('sort_by') ?? '');
  const token = query.get('page_token') ?? '';
  const runs = pipelineRuns(clock, atMs).filter((run) => {
    const namespace = query.get('namespace');
    return namespace === null || namespace === '' || namespace === run.plan.namespace;
  });
  if (!descending) runs.reverse();
  let from = 0;
  if (token !== '') {
    const after = decodeToken(token);
    // The token names the first run of the page, so that runs that begin meanwhile do not shift the pages.
    from = after === undefined ? -1 : runs.findIndex((run) => run.id === after);
    if (from === -1) return failure(400, 3, 'Invalid input error: Invalid page token');
  }
  const page = runs.slice(from, from + (size === 0 ? 20 : size));
  const next = runs[from + page.length];
  return {
    status: 200,
    body: {
      runs: page.map(runJson),
      total_size: runs.length,
      ...(next === undefined
        ? {}
        : { next_page_token: Buffer.from(JSON.stringify({ RunId: next.id })).toString('base64url') }),
    },
  };
}

function decodeToken(token: string): string | undefined {
  try {
    const decoded: unknown = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'));
    return typeof decoded === 'object' && decoded !== null && 'RunId' in decoded && typeof decoded.RunId === 'string'
      ? decoded.RunId
      : undefined;
  } catch {
    return undefined;
  }
}

/** `GET /apis/v2beta1/runs/{run_id}` */
export function getRun(clock: DemoClock, runId: string, atMs: number): ApiAnswer {
  const run = pipelineRuns(clock, atMs).find((candidate) => candidate.id === runId);
  if (run === undefined) return failure(404, 5, `Failed to get a run: ResourceNotFoundError: Run ${runId} not found`);
  return { status: 200, body: runJson(run) };
}

function runJson(run: PipelineRunInstance): unknown {
  const { plan, id, name, createdAtMs, finishedAtMs, state, error } = run;
  const history = [{ update_time: second(createdAtMs), state: 'PENDING' }];
  if (state !== 'PENDING') history.push({ update_time: second(run.startedAtMs), state: 'RUNNING' });
  if (finishedAtMs !== null) history.push({ update_time: second(finishedAtMs), state });
  return {
    experiment_id: uuidOf(`${plan.namespace} experiment`),
    run_id: id,
    display_name: name,
    storage_state: 'AVAILABLE',
    pipeline_spec: pipelineSpec(plan),
    runtime_config: { parameters: { seed: 12 }, pipeline_root: `s3://pipelines/${plan.namespace}` },
    service_account: 'pipeline-runner',
    created_at: second(createdAtMs),
    scheduled_at: second(createdAtMs),
    finished_at: finishedAtMs === null ? noRunTime : second(finishedAtMs),
    state,
    ...(error === null ? {} : { error: { code: 13, message: error, details: [] } }),
    run_details: { task_details: taskDetails(run) },
    recurring_run_id: uuidOf(`${plan.name} schedule`),
    state_history: history,
  };
}

function pipelineSpec(plan: PipelinePlan): unknown {
  const tasks = plan.tasks.map(({ name, dependsOn }) => [
    name,
    {
      cachingOptions: { enableCache: true },
      componentRef: { name: `comp-${name}` },
      ...(dependsOn.length === 0 ? {} : { dependentTasks: dependsOn }),
      taskInfo: { name },
    },
  ]);
  const components = plan.tasks.map(({ name }) => [`comp-${name}`, { executorLabel: `exec-${name}` }]);
  return {
    components: Object.fromEntries(components),
    pipelineInfo: { name: plan.name },
    root: { dag: { tasks: Object.fromEntries(tasks) } },
    schemaVersion: '2.1.0',
    sdkVersion: 'kfp-2.14.3',
  };
}

/**
 * What KFP 2.x returns are the nodes of the Argo workflow, not the tasks of the pipeline: for a task "X" there are
 * "X-driver", "X", "executor" and "executor(0)", besides "root", "root-driver" and the workflow itself. None names its parent, child
 * names are node ids, an omitted node has no state, and a cached task's executor is the one that is SKIPPED.
 */
function taskDetails(run: PipelineRunInstance): unknown[] {
  const workflow = `${run.plan.name}-${draw(seedOf(run.id), 0).toString(36).slice(0, 5)}`;
  // Argo's node id: the workflow and the FNV-1a hash of the node's path in it.
  const nodeId = (path: string) => `${workflow}-${seedOf(`${workflow}.${path}`)}`;
  const node = (
    name: string,
    state: string | undefined,
    start: number | null,
    end: number | null,
    children: string[] = [],
  ) => ({
    run_id: run.id,
    task_id: uuidOf(`${run.id} ${name}`),
    display_name: name.slice(name.lastIndexOf('.') + 1),
    create_time: second(run.createdAtMs),
    start_time: start === null ? noTaskTime : second(start),
    end_time: end === null ? noTaskTime : second(end),
    ...(state === undefined ? {} : { state }),
    state_history: [
      { update_time: second(end ?? start ?? run.createdAtMs), ...(state === undefined ? {} : { state }) },
    ],
    ...(children.length === 0 ? {} : { child_tasks: children.map((child) => ({ pod_name: nodeId(child) })) }),
  });
  const { startedAtMs, finishedAtMs, state } = run;
  if (state === 'PENDING') return [];
  const nodes = [
    node(workflow, state, startedAtMs, finishedAtMs, ['root-driver', 'root']),
    node('root-driver', 'SUCCEEDED', startedAtMs, startedAtMs + 2000, ['root']),
    node('root', state, startedAtMs + 2000, finishedAtMs),
  ];
  for (const task of run.tasks) nodes.push(...taskNodes(task, node));
  // The order of nodes comes from a map in the server; it says nothing.
  return nodes.sort((a, b) => (a.task_id < b.task_id ? -1 : 1));
}

function taskNodes<Node>(
  task: TaskInstance,
  node: (
    name: string,
    state: string | undefined,
    start: number | null,
    end: number | null,
    children?: string[],
  ) => Node,
): Node[] {
  const { plan, state, cached, startedAtMs: start, finishedAtMs: end } = task;
  const { name } = plan;
  if (state === 'PENDING') return [];
  const path = `root.${name}`;
  if (state === 'OMITTED' || start === null)
    return [node(path, undefined, null, null), node(`${path}-driver`, undefined, null, null)];
  const driverEnd = start + 2000;
  const driver = node(`${path}-driver`, 'SUCCEEDED', start, driverEnd, [path]);
  const own = node(path, state, start, end, [`${path}.executor`]);
  if (cached) return [driver, own, node(`${path}.executor`, 'SKIPPED', driverEnd, driverEnd)];
  const pod = `${path}.executor(0)`;
  return [driver, own, node(`${path}.executor`, state, driverEnd, end, [pod]), node(pod, state, driverEnd, end)];
}
