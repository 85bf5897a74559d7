import { z } from 'zod';

/** A task as the compiled pipeline defines it. `id` is the path of task keys from the root, parts joined by `/`. */
export interface SpecTask {
  readonly id: string;
  /** Key of the task, and the display name of its node in the workflow. */
  readonly key: string;
  readonly name: string;
  readonly dependsOn: readonly string[];
}

export interface PipelineSpec {
  readonly name: string;
  readonly tasks: readonly SpecTask[];
}

const source = z.object({ producerTask: z.string() }).nullish();
const inputs = z
  .object({
    parameters: z.record(z.string(), z.object({ taskOutputParameter: source, taskFinalStatus: source })).nullish(),
    artifacts: z.record(z.string(), z.object({ taskOutputArtifact: source })).nullish(),
  })
  .nullish();
const dag = z.object({
  tasks: z.record(
    z.string(),
    z.object({
      componentRef: z.object({ name: z.string() }).nullish(),
      dependentTasks: z.array(z.string()).nullish(),
      inputs,
      taskInfo: z.object({ name: z.string().nullish() }).nullish(),
    }),
  ),
});
type Dag = z.infer<typeof dag>;

const intermediate = z.object({
  pipelineInfo: z.object({ name: z.string().nullish() }).nullish(),
  components: z.record(z.string(), z.object({ dag: dag.nullish() })).nullish(),
  root: z.object({ dag }),
});

/** Nested further than any pipeline one can read; ends a component that contains itself. */
const maxDepth = 16;
const maxTasks = 5000;

/**
 * Tasks and edges of a compiled pipeline (IR, `api/v2alpha1/pipeline_spec.proto`), groups such as conditions and loops
 * included. Takes the bare document and `{ pipeline_spec, platform_spec }`. null for anything else (pipelines of v1).
 */
export function readPipelineSpec(document: unknown): PipelineSpec | null {
  const wrapped = z.object({ pipeline_spec: z.unknown().optional() }).safeParse(document);
  const parsed = intermediate.safeParse(
    wrapped.success && wrapped.data.pipeline_spec !== undefined ? wrapped.data.pipeline_spec : document,
  );
  if (!parsed.success) return null;
  const { components, root, pipelineInfo } = parsed.data;
  const tasks: SpecTask[] = [];
  const walk = (level: Dag, prefix: string, inherited: readonly string[], depth: number): void => {
    for (const [key, task] of Object.entries(level.tasks)) {
      if (tasks.length >= maxTasks) return;
      const own = edgesOf(task)
        .filter((name) => Object.hasOwn(level.tasks, name))
        .map((name) => prefix + name);
      const dependsOn = own.length > 0 ? own : inherited;
      tasks.push({ id: prefix + key, key, name: task.taskInfo?.name || key, dependsOn });
      const inner = components?.[task.componentRef?.name ?? '']?.dag;
      if (inner != null && depth < maxDepth) walk(inner, `${prefix}${key}/`, dependsOn, depth + 1);
    }
  };
  walk(root.dag, '', [], 0);
  return { name: pipelineInfo?.name ?? '', tasks };
}

/** Written dependencies, and the tasks whose outputs are inputs here. */
function edgesOf(task: Dag['tasks'][string]): string[] {
  const names = new Set(task.dependentTasks ?? []);
  for (const input of Object.values(task.inputs?.parameters ?? {})) {
    const from = input.taskOutputParameter ?? input.taskFinalStatus;
    if (from != null) names.add(from.producerTask);
  }
  for (const input of Object.values(task.inputs?.artifacts ?? {}))
    if (input.taskOutputArtifact != null) names.add(input.taskOutputArtifact.producerTask);
  return [...names];
}
