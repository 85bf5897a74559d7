import { z } from 'zod';

/** The parts of the answers of the v2beta1 API that are read. Run parameters may hold secrets: they are not among them. */

/**
 * ms since 1970, or null. Kubeflow writes 1970 and the year 1 for "not yet", and leaves other times out.
 */
const time = z
  .string()
  .nullish()
  .transform((text) => {
    const ms = Date.parse(text ?? '');
    return Number.isNaN(ms) || ms <= 0 ? null : ms;
  });

const stateHistory = z.array(z.object({ update_time: time, state: z.string().nullish() })).nullish();
const apiError = z.object({ message: z.string().nullish() }).nullish();

/** A node of the Argo workflow, which KFP 2 calls a task. */
export const nodeDetail = z.object({
  display_name: z.string(),
  start_time: time,
  end_time: time,
  state: z.string().nullish(),
  state_history: stateHistory,
  child_tasks: z.array(z.object({ pod_name: z.string().nullish() })).nullish(),
  error: apiError,
});
export type NodeDetail = z.infer<typeof nodeDetail>;

export const runObject = z.object({
  run_id: z.string().min(1),
  display_name: z.string().default(''),
  created_at: time,
  scheduled_at: time,
  finished_at: time,
  state: z.string().nullish(),
  state_history: stateHistory,
  error: apiError,
  pipeline_version_reference: z
    .object({ pipeline_id: z.string().nullish(), pipeline_version_id: z.string().nullish() })
    .nullish(),
  pipeline_spec: z.unknown().optional(),
  run_details: z.object({ task_details: z.array(nodeDetail).nullish() }).nullish(),
});
export type RunObject = z.infer<typeof runObject>;

export const runsPage = z.object({ runs: z.array(runObject).nullish(), next_page_token: z.string().nullish() });

const producer = z.object({ task_name: z.string().nullish() }).nullish();

/** A task of KFP 3 (`/runs/{id}/tasks`), where metadata, nodes and tasks became one. */
export const nativeTask = z.object({
  name: z.string(),
  display_name: z.string().nullish(),
  task_id: z.string().min(1),
  create_time: time,
  end_time: time,
  state: z.string().nullish(),
  type: z.string().nullish(),
  parent_task_id: z.string().nullish(),
  status_metadata: z.object({ message: z.string().nullish() }).nullish(),
  inputs: z
    .object({
      parameters: z.array(z.object({ producer })).nullish(),
      artifacts: z.array(z.object({ producer })).nullish(),
    })
    .nullish(),
});
export type NativeTask = z.infer<typeof nativeTask>;

export const nativeTasksPage = z.object({
  tasks: z.array(nativeTask).nullish(),
  next_page_token: z.string().nullish(),
});

export const pipelineObject = z.object({ display_name: z.string().nullish(), name: z.string().nullish() });
export const pipelineVersionObject = z.object({ pipeline_spec: z.unknown().optional() });
