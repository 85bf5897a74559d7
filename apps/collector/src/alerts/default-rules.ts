import { collectorRules } from './default-rules/collector.ts';
import type { DefaultRule } from './default-rules/default-rule.ts';
import { driftRules } from './default-rules/drift.ts';
import { fabricRules } from './default-rules/fabric.ts';
import { gpuRules } from './default-rules/gpu.ts';
import { mcpRules } from './default-rules/mcp.ts';
import { pipelineRules } from './default-rules/pipelines.ts';
import { schedulerRules } from './default-rules/scheduler.ts';
import { servingRules } from './default-rules/serving.ts';

export type { DefaultRule } from './default-rules/default-rule.ts';

/** The rules that ship, by layer. Each has a page in `docs/runbooks/` and a case in `default-rules.test.ts`. */
export const defaultRules: readonly DefaultRule[] = [
  ...gpuRules,
  ...fabricRules,
  ...schedulerRules,
  ...servingRules,
  ...driftRules,
  ...mcpRules,
  ...pipelineRules,
  ...collectorRules,
];
