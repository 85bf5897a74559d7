import {
  type ExplainedNode,
  type ExplainedRead,
  type Explanation,
  explanation,
} from '@binnacle/shared/api/explanation.ts';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import { type AskFlags, askedTimes, askGateway } from './promql-gateway.ts';

/** `binnacle promql explain`: prints the tree of the query, then each of its reads. */
export async function runPromqlExplain(expr: string, flags: AskFlags & { readonly analyze?: boolean }): Promise<void> {
  const { times } = askedTimes(flags, Date.now());
  const body = await askGateway(
    flags,
    '/api/binnacle/promql/explain',
    { query: expr, ...times, ...(flags.analyze === true ? { analyze: 'true' } : {}) },
    process.env,
  );
  if (flags.json === true) {
    console.log(JSON.stringify(body, null, 2));
    return;
  }
  const answer = explanation.safeParse(body);
  if (!answer.success)
    throw new BinnacleError('upstream_failed', `the gateway answered with no plan: ${answer.error.issues[0]?.message}`);
  for (const line of planLines(answer.data)) console.log(line);
}

/** A plan as lines of text. Numbers that are not known are said to be so. */
export function planLines(plan: Explanation): string[] {
  const when =
    plan.stepMs === 0
      ? `at ${time(plan.startMs)}`
      : `from ${time(plan.startMs)} to ${time(plan.endMs)}, ${plan.steps} steps of ${plan.stepMs / 1000} s`;
  const reads = plan.reads.flatMap((read, index) => ['', ...readLines(read, index)]);
  return [`${plan.query}`, when, '', ...nodeLines(plan.root, 0), ...reads, ...ranLines(plan.ran)];
}

function ranLines(ran: Explanation['ran']): string[] {
  if (ran === null) return [];
  const { durationMs, samplesRead, resultSeries, warnings, infos } = ran;
  return [
    '',
    `ran in ${durationMs.toFixed(1)} ms: ${samplesRead.toLocaleString('en')} samples read, ${resultSeries.toLocaleString('en')} series in the answer`,
    ...warnings.map((warning) => `  warning: ${warning}`),
    ...infos.map((info) => `  info: ${info}`),
  ];
}

function nodeLines(node: ExplainedNode, depth: number): string[] {
  const notes = [
    ...(node.read === null ? [] : [`read ${node.read + 1}`]),
    ...(node.within ? ['answered with the node above'] : []),
    ...(node.stepInvariant ? ['once for all steps'] : []),
  ];
  const line = `${'  '.repeat(depth)}${node.kind}  ${node.text}${notes.length === 0 ? '' : `  (${notes.join('; ')})`}`;
  return [line, ...node.children.flatMap((child) => nodeLines(child, depth + 1))];
}

function readLines(read: ExplainedRead, index: number): string[] {
  const lines = [
    `read ${index + 1}: ${read.plan}, ${time(read.fromMs)} to ${time(read.toMs)}`,
    ...read.selectors.map((selector) => `  of         ${selector}`),
    `  because    ${read.reason}`,
    `  estimated  ${costLine(read.estimated)}`,
  ];
  if (read.actual !== null) lines.push(`  actual     ${costLine(read.actual)}`);
  for (const sql of read.sql)
    lines.push(
      '  SQL',
      ...sql
        .trim()
        .split('\n')
        .map((line) => `    ${line}`),
    );
  return lines;
}

function costLine({ series, samples, bytes, durationMs }: ExplainedRead['estimated']): string {
  const count = (value: number | null, unit: string): string =>
    value === null ? `${unit} not known` : `${Math.round(value).toLocaleString('en')} ${unit}`;
  const duration = durationMs === null ? '' : `, ${durationMs.toFixed(1)} ms`;
  return `${count(series, 'series')}, ${count(samples, 'samples')}, ${count(bytes, 'bytes')}${duration}`;
}

const time = (ms: number): string => new Date(ms).toISOString();
