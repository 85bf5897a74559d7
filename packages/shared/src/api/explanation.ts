import { z } from 'zod';

/** How a query would be answered, or was: the answer of `engine.explain`, as JSON. Times are ms since 1970. */

/** What a read costs: guessed before, counted after. `null`: not known, which is never 0. */
const readCost = z.object({
  series: z.number().nullable(),
  samples: z.number().nullable(),
  /** That leave the store for the evaluator. */
  bytes: z.number().nullable(),
  durationMs: z.number().nullable(),
});

/**
 * How a read is answered. `stream`: raw samples, and all computing in the evaluator. `grid`: the store computes every
 * step, and folds groups where an aggregation stands around. `resample`: the store sends one partial result per bucket.
 */
export const queryPlan = z.enum(['stream', 'grid', 'resample']);

const explainedRead = z.object({
  plan: queryPlan,
  /** The selectors that it feeds, in PromQL: equal ones are read once. */
  selectors: z.array(z.string()),
  fromMs: z.number(),
  toMs: z.number(),
  /** Statements in the order in which they run; empty for a store that is none of SQL. */
  sql: z.array(z.string()),
  /** Why this plan and no other. */
  reason: z.string(),
  estimated: readCost,
  /** Only of a query that was run. */
  actual: readCost.nullable(),
});

const nodeFields = z.object({
  kind: z.string(),
  /** The node in PromQL, in the house form. */
  text: z.string(),
  /** Where it stands in the query: offsets in UTF-16 units, `to` exclusive. */
  from: z.number(),
  to: z.number(),
  /** Does not depend on the step: computed once and repeated. */
  stepInvariant: z.boolean(),
  /** Number of the read in `reads` that answers this node: a selector that streams, or a node the store answers whole. */
  read: z.number().nullable(),
  /** Answered by the store together with the node above. */
  within: z.boolean(),
});

export type ExplainedNode = z.infer<typeof nodeFields> & { children: ExplainedNode[] };

export const explainedNode: z.ZodType<ExplainedNode> = nodeFields.extend({
  get children() {
    return z.array(explainedNode);
  },
});

export const explanation = z.object({
  /** The query in the house form. */
  query: z.string(),
  startMs: z.number(),
  endMs: z.number(),
  /** 0 for an instant query. */
  stepMs: z.number(),
  steps: z.number(),
  root: explainedNode,
  reads: z.array(explainedRead),
  /** Only of a query that was run. */
  ran: z
    .object({
      durationMs: z.number(),
      samplesRead: z.number(),
      resultSeries: z.number(),
      warnings: z.array(z.string()),
      infos: z.array(z.string()),
    })
    .nullable(),
});

export type QueryPlan = z.infer<typeof queryPlan>;
export type ReadCost = z.infer<typeof readCost>;
export type ExplainedRead = z.infer<typeof explainedRead>;
export type Explanation = z.infer<typeof explanation>;
