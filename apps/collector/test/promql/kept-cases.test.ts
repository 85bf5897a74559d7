import { readFileSync } from 'node:fs';
import { checkQuery } from '@binnacle/promql/check/check.ts';
import { parseQuery } from '@binnacle/promql/parse/parse.ts';
import { runScript } from '@binnacle/promql/testing/run.ts';
import { type EvalCommand, parseScript } from '@binnacle/promql/testing/script.ts';
import { afterAll, describe, expect, it } from 'vitest';
import { difference, within } from './answers.ts';
import { overMemory, StoreOfTests } from './contestants.ts';
import { Judge } from './judge.ts';
import { PrometheusServer, withPrometheus } from './prometheus-server.ts';
import type { DataSeries, DataValue } from './series-data.ts';
import type { Failing } from './shrink.ts';

const text = readFileSync(new URL('kept-cases.promqltest', import.meta.url), 'utf8');

interface KeptCase extends Failing {
  readonly line: number;
}

/** The evals of the script, each with the data that is loaded then. */
function keptCases(): KeptCase[] {
  const found: KeptCase[] = [];
  let data: readonly DataSeries[] = [];
  for (const command of parseScript(text)) {
    if (command.kind === 'clear') data = [];
    else if (command.kind === 'load') {
      const added = command.series.map(({ labels, values }) => seriesOf(labels.toObject(), values, command.stepMs));
      data = [...data, ...added];
    } else found.push({ line: command.line, asked: askedBy(command), data });
  }
  return found;
}

function seriesOf(labels: Record<string, string>, values: readonly unknown[], stepMs: number): DataSeries {
  const samples = [...values.entries()].filter(([, value]) => typeof value === 'number' || value === 'stale');
  return {
    labels,
    times: samples.map(([index]) => index * stepMs),
    values: samples.map(([, value]) => value as DataValue),
  };
}

function askedBy({ expr, instant, startMs, endMs, stepMs }: EvalCommand) {
  return { query: expr, startMs, endMs: instant ? startMs : endMs, stepMs: instant ? 0 : stepMs };
}

/** Whether a query is within the stable language, which is nearly all that 2.42 knows. */
function isStable(query: string): boolean {
  try {
    checkQuery(query, parseQuery(query));
    return true;
  } catch {
    return false;
  }
}

describe('kept cases', () => {
  const store = new StoreOfTests();
  const memory = overMemory();
  const prometheus = new PrometheusServer();
  const judge = new Judge(prometheus, memory, within(1e-9));
  const cases = keptCases();

  afterAll(async () => {
    await Promise.all([store[Symbol.asyncDispose](), prometheus[Symbol.asyncDispose]()]);
  });

  it('have the answers that the script says', async () => {
    const outcomes = await runScript(text);
    expect(outcomes.filter(({ fault }) => fault !== undefined)).toEqual([]);
    expect(outcomes.length).toBe(cases.length);
  });

  it.each(cases)('line $line by every plan', async ({ asked, data }) => {
    await Promise.all([memory.load(data), store.load(data)]);
    const wanted = await memory.ask(asked);
    for (const plan of ['stream', 'push-down', 'resample'] as const) {
      const fault = difference(wanted, await store.contestant(plan).ask(asked), within(1e-9));
      expect(fault, plan).toBeUndefined();
    }
  });

  it.skipIf(!withPrometheus).each(cases.filter(({ asked }) => isStable(asked.query)))(
    'line $line by Prometheus 2.42 (skipped where it is not installed)',
    async (failing) => {
      expect((await judge.judge(failing)).fault).toBeUndefined();
    },
  );
});
