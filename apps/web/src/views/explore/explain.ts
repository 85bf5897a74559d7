import {
  type ExplainedNode,
  type ExplainedRead,
  type Explanation,
  explanation,
} from '@binnacle/shared/api/explanation.ts';
import { GatewayError } from '#data/gateway-error.ts';
import { askGateway } from '#data/prometheus.ts';

/** Which plan is explained: the engine's own choice, or one that the reader wants to compare with it. */
export const planChoices = ['auto', 'stream', 'push-down', 'resample'] as const;
export type PlanChoice = (typeof planChoices)[number];

export interface ExplainQuestion {
  readonly expr: string;
  /** The range; both ends are the same moment for an instant query. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Undefined for an instant query at `toMs`. */
  readonly stepSeconds: number | undefined;
  readonly plan: PlanChoice;
  /** Runs the query as well, and counts. */
  readonly analyze: boolean;
}

/** How the gateway would answer a query: the plan, its statements and what it expects to read. */
export async function explainQuery(question: ExplainQuestion, signal?: AbortSignal): Promise<Explanation> {
  const { expr, fromMs, toMs, stepSeconds, plan, analyze } = question;
  const body = await askGateway(
    '/api/binnacle/promql/explain',
    {
      query: expr,
      ...(stepSeconds === undefined
        ? { time: String(toMs / 1e3) }
        : { start: String(fromMs / 1e3), end: String(toMs / 1e3), step: String(stepSeconds) }),
      ...(plan === 'auto' ? {} : { plan }),
      ...(analyze ? { analyze: 'true' } : {}),
    },
    signal,
  );
  const parsed = explanation.safeParse(body);
  if (!parsed.success)
    throw new GatewayError(
      'upstream_failed',
      'The gateway explains the query in a way that this page does not know.',
      200,
    );
  return parsed.data;
}

/** One line of the drawn tree. */
export interface PlanLine {
  readonly node: Omit<ExplainedNode, 'children'>;
  readonly depth: number;
  /** The read that answers it, and its number as drawn: from 1. */
  readonly read: { readonly number: number; readonly plan: ExplainedRead['plan'] } | undefined;
}

/** The tree from the root down, each node above what it is made of. */
export function planLines({ root, reads }: Pick<Explanation, 'root' | 'reads'>): PlanLine[] {
  const lines: PlanLine[] = [];
  const visit = ({ children, ...node }: ExplainedNode, depth: number): void => {
    const read = node.read === null ? undefined : reads[node.read];
    lines.push({
      node,
      depth,
      read: read === undefined || node.read === null ? undefined : { number: node.read + 1, plan: read.plan },
    });
    for (const child of children) visit(child, depth + 1);
  };
  visit(root, 0);
  return lines;
}

/** What a plan means, in words. */
export const planWords: Readonly<Record<ExplainedRead['plan'], string>> = {
  stream: 'Raw samples come out of the store; everything is computed in the engine.',
  grid: 'The store computes the value at every step, and folds groups where it can.',
  resample: 'The store sends one partial result per bucket of time.',
};
