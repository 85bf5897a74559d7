import type { ExplainedNode, ExplainedRead, Explanation, ReadCost } from '@binnacle/shared/api/explanation.ts';
import type { SampleReader } from '@binnacle/shared/telemetry/reader.ts';
import type { Evaluation } from '../evaluate/evaluation.ts';
import { type Grid, timeAt } from '../evaluate/matrix.ts';
import type { PreparedPushDown, PushDowns } from '../evaluate/push-down.ts';
import { subqueryGrid } from '../evaluate/range-vector.ts';
import { childrenOf, type Expr, type Subquery, type VectorSelector, withoutParens } from '../parse/ast.ts';
import { printQuery } from '../parse/print.ts';
import { bucketsOf, bytesPerSample, bytesPerStep } from './cost.ts';
import { resolveAt } from './plan.ts';
import { gridKey, type RecordedRead, type Recording, scanKey } from './recording-reader.ts';

/** A query that is about to run, or has run. */
export interface ExplainedQuery {
  readonly expr: Expr;
  readonly grid: Grid;
  readonly evaluation: Evaluation;
  readonly pushDowns: PushDowns;
  readonly reader: SampleReader;
  /** What a run read; undefined where the query was not run. */
  readonly recording: Recording | undefined;
  readonly ran: Explanation['ran'];
}

/** The tree of a query with the plan of each part that reads from the store. */
export async function explainQuery(query: ExplainedQuery): Promise<Explanation> {
  const { startMs, endMs, stepMs } = query.evaluation.times;
  const walk = new Walk(query);
  const root = await walk.node(query.expr, query.grid, { within: false, reason: undefined, folded: undefined });
  return {
    query: printQuery(query.expr),
    startMs,
    endMs,
    stepMs,
    steps: query.grid.count,
    root,
    reads: walk.reads,
    ran: query.ran,
  };
}

/** What the nodes above say about a node. */
interface Above {
  /** The store answers it together with a node above. */
  readonly within: boolean;
  /** Why a node above is evaluated from samples. */
  readonly reason: string | undefined;
  /** Is not asked of the store by itself: its series go into the groups of a node above as they come. */
  readonly folded: Expr | undefined;
}

class Walk {
  readonly reads: ExplainedRead[] = [];
  readonly #query: ExplainedQuery;
  readonly #readOfFetch = new Map<number, number>();

  constructor(query: ExplainedQuery) {
    this.#query = query;
  }

  async node(node: Expr, outer: Grid, above: Above): Promise<ExplainedNode> {
    const { evaluation, pushDowns } = this.#query;
    const stepInvariant = evaluation.plan.invariant.has(node) && node.kind !== 'number' && node.kind !== 'string';
    const grid = stepInvariant ? { ...outer, count: 1 } : outer;
    let { within, reason } = above;
    let read: number | null = null;
    if (!within) {
      const prepared = node === above.folded ? undefined : await pushDowns.prepare(evaluation, node, grid);
      const declined = prepared && this.#recorded(gridKey(prepared.request))?.declined;
      if (prepared !== undefined && prepared.choice.plan !== 'stream' && declined === undefined) {
        read = this.reads.push(this.#pushed(prepared, node)) - 1;
        within = true;
      } else {
        if (prepared !== undefined) {
          reason ??= declined === undefined ? prepared.choice.reason : `the store declined: ${declined}`;
        }
        if (node.kind === 'selector') read = await this.#streamed(node, reason);
      }
    }
    const asked = node.kind === 'aggregation' ? pushDowns.insideOf(node) : node;
    const folded = node.kind === 'aggregation' && asked === undefined ? withoutParens(node.expr) : above.folded;
    const children: ExplainedNode[] = [];
    const inner = node.kind === 'subquery' ? (this.#subqueryGrid(node, grid) ?? grid) : grid;
    for (const child of childrenOf(node)) children.push(await this.node(child, inner, { within, reason, folded }));
    return {
      kind: node.kind,
      text: printQuery(node),
      from: node.span.from,
      to: node.span.to,
      stepInvariant,
      read,
      within: above.within,
      children,
    };
  }

  #subqueryGrid(node: Subquery, grid: Grid): Grid | undefined {
    const { times, subqueryStepMs } = this.#query.evaluation;
    const at = resolveAt(node.at, times);
    const first = (at ?? grid.startMs) - node.offsetMs;
    const last = (at ?? timeAt(grid, grid.count - 1)) - node.offsetMs;
    return subqueryGrid(subqueryStepMs, node, first, last);
  }

  #pushed({ request, choice, size }: PreparedPushDown, node: Expr): ExplainedRead {
    const { startMs, stepMs, count, windowMs } = request;
    const toMs = startMs + (count - 1) * stepMs;
    const columns = choice.plan === 'resample' ? size.series * bucketsOf(size) : size.groups * count;
    return {
      plan: choice.plan,
      selectors: [printQuery(node)],
      fromMs: startMs - windowMs + 1,
      toMs,
      sql: this.#query.reader.grid === undefined ? [] : [shortened(this.#query.reader.grid.describe(request))],
      reason: choice.reason,
      estimated: {
        series: size.series,
        samples: Math.round(size.samples),
        bytes: Math.round(columns) * bytesPerStep,
        durationMs: null,
      },
      actual: costOf(this.#recorded(gridKey(request))),
    };
  }

  /** The read of a selector whose samples are streamed: one for all selectors that share it. */
  async #streamed(selector: VectorSelector, reason: string | undefined): Promise<number | null> {
    const { evaluation, reader } = this.#query;
    const at = evaluation.plan.fetchOf.get(selector);
    const fetch = at === undefined ? undefined : evaluation.plan.fetches[at];
    if (at === undefined || fetch === undefined) return null;
    const known = this.#readOfFetch.get(at);
    if (known !== undefined) {
      this.reads[known]?.selectors.push(printQuery(selector));
      return known;
    }
    const series = await reader.select(fetch.matchers, fetch);
    const samples = reader.grid?.expectedSamples(series, fetch.toMs - fetch.fromMs + 1);
    const { fromMs, toMs } = fetch;
    const read = this.reads.push({
      plan: 'stream',
      selectors: [printQuery(selector)],
      fromMs,
      toMs,
      sql: series.length === 0 ? [] : this.#scanSql({ series, fromMs, toMs }),
      reason: reason ?? 'nothing around it can be computed by the store',
      estimated: {
        series: series.length,
        samples: samples === undefined ? null : Math.round(samples),
        bytes: samples === undefined ? null : Math.round(samples) * bytesPerSample,
        durationMs: null,
      },
      actual: costOf(this.#recorded(scanKey({ series, fromMs, toMs }))),
    });
    this.#readOfFetch.set(at, read - 1);
    return read - 1;
  }

  #scanSql(request: Parameters<typeof scanKey>[0]): string[] {
    const { grid } = this.#query.reader;
    return grid === undefined
      ? []
      : [shortened(grid.describeScan({ ...request, maxSamples: Number.POSITIVE_INFINITY }))];
  }

  #recorded(key: string): RecordedRead | undefined {
    return this.#query.recording?.get(key);
  }
}

function costOf(read: RecordedRead | undefined): ReadCost | null {
  if (read === undefined) return null;
  const { series, samples, bytes, durationMs } = read;
  return { series, samples, bytes, durationMs };
}

const shownIds = 3;

/** Thousands of series ids say nothing to a person. */
function shortened(sql: string): string {
  return sql
    .replaceAll(/\(\d+(?:, \d+){8,}\)/g, (list) => {
      const ids = list.slice(1, -1).split(', ');
      return `(${ids.slice(0, shownIds).join(', ')}, … ${ids.length - shownIds} more)`;
    })
    .replaceAll(/'[A-Za-z0-9+/]{100,}=*'/g, (text) => `'… ${text.length - 2} characters'`);
}
