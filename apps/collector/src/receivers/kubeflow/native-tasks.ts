import type { PipelineRun } from '@binnacle/shared/api/domain.ts';
import type { NativeTask } from './api-objects.ts';

type Task = PipelineRun['tasks'][number];

const states: Readonly<Record<string, Task['state']>> = {
  RUNNING: 'running',
  SUCCEEDED: 'succeeded',
  SKIPPED: 'skipped',
  FAILED: 'failed',
  CACHED: 'cached',
};

/**
 * Tasks of a KFP 3 run. A task is created when it starts, so its creation is its start. Edges come from the producers of
 * its inputs, looked up among the siblings; the root of the tree is the run itself and left out.
 */
export function tasksOfNative(tasks: readonly NativeTask[]): Task[] {
  const siblings = new Map<string, string>();
  const nameKey = (task: NativeTask, name: string) => `${task.parent_task_id ?? ''}\u0000${name}`;
  for (const task of tasks) siblings.set(nameKey(task, task.name), task.task_id);
  return tasks
    .filter((task) => task.type !== 'ROOT')
    .map((task) => {
      const dependsOn = new Set<string>();
      for (const input of [...(task.inputs?.parameters ?? []), ...(task.inputs?.artifacts ?? [])]) {
        const id = siblings.get(nameKey(task, input.producer?.task_name ?? ''));
        if (id !== undefined && id !== task.task_id) dependsOn.add(id);
      }
      const state = states[task.state ?? ''] ?? 'unknown';
      return {
        id: task.task_id,
        name: task.display_name || task.name,
        state,
        startedAt: state === 'skipped' ? null : task.create_time,
        finishedAt: state === 'skipped' ? null : task.end_time,
        dependsOn: [...dependsOn],
        error: state === 'failed' ? task.status_metadata?.message || null : null,
      };
    });
}
