import type { PipelineRun } from '@binnacle/shared/api/domain.ts';
import type { NodeDetail } from './api-objects.ts';
import type { PipelineSpec, SpecTask } from './pipeline-spec.ts';

type Task = PipelineRun['tasks'][number];

const taskStates: Readonly<Record<string, Task['state']>> = {
  PENDING: 'pending',
  RUNNING: 'running',
  SUCCEEDED: 'succeeded',
  SKIPPED: 'skipped',
  FAILED: 'failed',
  CANCELING: 'running',
  CANCELED: 'canceled',
  PAUSED: 'pending',
};

/**
 * Tasks of a KFP 2 run. The API lists nodes of the Argo workflow instead: a task X appears as "X" (its state), "X-driver"
 * (when it began), "executor" and "executor(0)", beside "root", the workflow itself and "X.onExit". They are joined on the
 * names of the compiled pipeline; without it, nodes that are machinery by their name are left out and edges are unknown.
 */
export function tasksOfNodes(nodes: readonly NodeDetail[], spec: PipelineSpec | null, runHasEnded: boolean): Task[] {
  const byName = new Map<string, NodeDetail[]>();
  for (const node of nodes) {
    const sameName = byName.get(node.display_name);
    if (sameName === undefined) byName.set(node.display_name, [node]);
    else sameName.push(node);
  }
  const workflow = workflowName(nodes);
  const wanted: readonly SpecTask[] =
    spec?.tasks ??
    [...byName.keys()]
      .filter((name) => name !== workflow && !isMachinery(name))
      .map((name) => ({ id: name, key: name, name, dependsOn: [] }));
  return wanted.map((task): Task => {
    const node = newest(byName.get(task.key));
    const driver = newest(byName.get(`${task.key}-driver`));
    // A task that was never reached has a node without a state (Argo's phase Omitted), or none at all.
    const state =
      node === undefined
        ? runHasEnded
          ? 'not_run'
          : 'pending'
        : node.state == null
          ? 'not_run'
          : taskState(node, task, workflow, byName);
    const ran = state !== 'not_run' && state !== 'skipped';
    return {
      id: task.id,
      name: task.name,
      state,
      startedAt: ran ? (earliest(driver?.start_time, node?.start_time) ?? null) : null,
      finishedAt: ran ? (node?.end_time ?? null) : null,
      dependsOn: [...task.dependsOn],
      error: node?.error?.message || null,
    };
  });
}

function taskState(
  node: NodeDetail,
  task: SpecTask,
  workflow: string | null,
  byName: ReadonlyMap<string, NodeDetail[]>,
): Task['state'] {
  const state = taskStates[node.state ?? ''] ?? 'unknown';
  return state === 'succeeded' && executorWasSkipped(node, task, workflow, byName.get('executor') ?? [])
    ? 'cached'
    : state;
}

/**
 * A cache hit: the driver found the result, so the node succeeded while its "executor" was skipped. Executors do not say
 * whose they are; those that ran are told apart by the id of their child, and what is left must have begun with the task.
 */
function executorWasSkipped(
  node: NodeDetail,
  task: SpecTask,
  workflow: string | null,
  executors: readonly NodeDetail[],
): boolean {
  const path = `root.${task.id.replaceAll('/', '.')}.executor(0)`;
  const own = workflow === null ? null : argoNodeId(workflow, path);
  if (own !== null && executors.some((executor) => hasChild(executor, own))) return false;
  const candidates = executors.filter(
    (executor) =>
      (executor.child_tasks ?? []).length === 0 &&
      executor.start_time !== null &&
      node.start_time !== null &&
      executor.start_time >= node.start_time &&
      executor.start_time <= (node.end_time ?? Number.POSITIVE_INFINITY),
  );
  return candidates.length > 0 && candidates.every((executor) => executor.state === 'SKIPPED');
}

function hasChild(node: NodeDetail, id: string): boolean {
  return (node.child_tasks ?? []).some((child) => child.pod_name === id);
}

/** Id of a node: the workflow's name and the FNV-1a hash of the node's path (argo-workflows `workflow/util`, NodeID). */
export function argoNodeId(workflow: string, path: string): string {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(`${workflow}.${path}`)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return `${workflow}-${hash}`;
}

/** Name of the workflow, out of any child's id; null when no node has a child. */
function workflowName(nodes: readonly NodeDetail[]): string | null {
  for (const node of nodes) {
    for (const child of node.child_tasks ?? []) {
      const match = /^(.+)-\d+$/.exec(child.pod_name ?? '');
      if (match !== null) return match[1] as string;
    }
  }
  return null;
}

function isMachinery(name: string): boolean {
  return name === 'root' || name.endsWith('-driver') || /^executor(\(\d+\))?$/.test(name) || name.endsWith('.onExit');
}

function newest(nodes: readonly NodeDetail[] | undefined): NodeDetail | undefined {
  return nodes?.toSorted((a, b) => (b.start_time ?? 0) - (a.start_time ?? 0))[0];
}

function earliest(...times: readonly (number | null | undefined)[]): number | undefined {
  const known = times.filter((time) => time != null);
  return known.length === 0 ? undefined : Math.min(...known);
}
