import { z } from 'zod';

/**
 * The parts of the Kubernetes objects that are read; everything else is dropped while parsing.
 * Queue: `scheduling.run.ai/v2`, PodGroup: `scheduling.run.ai/v2alpha2` (KAI-Scheduler `pkg/apis/scheduling`).
 */
const resourceList = z.record(z.string(), z.union([z.string(), z.number()]));
const time = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));

const metadata = z.object({
  name: z.string().min(1),
  namespace: z.string().optional(),
  creationTimestamp: time.nullish(),
  annotations: z.record(z.string(), z.string()).nullish(),
});

export const queueObject = z.object({
  metadata,
  spec: z.object({
    displayName: z.string().nullish(),
    parentQueue: z.string().nullish(),
    priority: z.number().nullish(),
    resources: z
      .object({
        gpu: z
          .object({ quota: z.number().nullish(), overQuotaWeight: z.number().nullish(), limit: z.number().nullish() })
          .nullish(),
      })
      .nullish(),
  }),
  status: z.looseObject({ allocated: resourceList.nullish(), requested: resourceList.nullish() }).nullish(),
});
export type QueueObject = z.infer<typeof queueObject>;

const schedulingCondition = z.object({
  status: z.string().nullish(),
  reason: z.string().nullish(),
  message: z.string().nullish(),
  lastTransitionTime: time.nullish(),
  transitionID: z.string().nullish(),
  reasons: z.array(z.object({ reason: z.string().nullish(), message: z.string().nullish() })).nullish(),
});
export type SchedulingCondition = z.infer<typeof schedulingCondition>;

export const podGroupObject = z.object({
  metadata,
  spec: z.object({ queue: z.string().nullish() }),
  status: z
    .object({
      resourcesStatus: z.object({ allocated: resourceList.nullish(), requested: resourceList.nullish() }).nullish(),
      schedulingConditions: z.array(schedulingCondition).nullish(),
    })
    .nullish(),
});
export type PodGroupObject = z.infer<typeof podGroupObject>;

export const nodeObject = z.object({
  metadata,
  status: z
    .object({
      allocatable: resourceList.nullish(),
      conditions: z.array(z.object({ type: z.string(), status: z.string() })).nullish(),
    })
    .nullish(),
});
export type NodeObject = z.infer<typeof nodeObject>;
