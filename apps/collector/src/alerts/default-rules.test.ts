import { readdirSync, readFileSync } from 'node:fs';
import type { AlertRule } from '@binnacle/db/generated/prisma/client.ts';
import type { State } from '@binnacle/db/state/open-state.ts';
import { startTestPostgres, type TestPostgres } from '@binnacle/db/state/testing/state-for-tests.ts';
import { createEngine } from '@binnacle/promql/engine/engine.ts';
import { MemoryReader } from '@binnacle/promql/storage/memory.ts';
import { parseSeriesLine } from '@binnacle/promql/testing/series-line.ts';
import { alertRuleInput } from '@binnacle/shared/alerts/rule.ts';
import { SampleBatch } from '@binnacle/shared/telemetry/sample-batch.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileRule } from './compile-rule.ts';
import { collectorCases } from './default-rules/testing/collector-cases.ts';
import { driftCases } from './default-rules/testing/drift-cases.ts';
import { fabricCases } from './default-rules/testing/fabric-cases.ts';
import { gpuCases } from './default-rules/testing/gpu-cases.ts';
import { mcpCases } from './default-rules/testing/mcp-cases.ts';
import { pipelineCases } from './default-rules/testing/pipeline-cases.ts';
import type { RuleCases } from './default-rules/testing/rule-case.ts';
import { schedulerCases } from './default-rules/testing/scheduler-cases.ts';
import { servingCases } from './default-rules/testing/serving-cases.ts';
import { type DefaultRule, defaultRules } from './default-rules.ts';
import { advance, type Instance } from './instances.ts';
import { seedDefaultRules } from './seed-rules.ts';
import { quiet } from './testing/alert-bench.ts';

const stepMs = 15_000;
const cases: RuleCases = {
  ...gpuCases,
  ...fabricCases,
  ...schedulerCases,
  ...servingCases,
  ...driftCases,
  ...mcpCases,
  ...pipelineCases,
  ...collectorCases,
};

/** What fired while the rule was evaluated at its own interval over series of one sample every 15 s, and when. */
async function play({ key, ...rule }: DefaultRule, lines: readonly string[]): Promise<[at: number, says: string][]> {
  const reader = new MemoryReader();
  let endMs = 0;
  for (const line of lines) {
    const { labels, values } = parseSeriesLine(line);
    const batch = new SampleBatch();
    const index = batch.addSeries(labels);
    values.forEach((value, i) => {
      if (value === 'stale') batch.appendStale(index, i * stepMs);
      else if (typeof value === 'number') batch.append(index, i * stepMs, value);
    });
    endMs = Math.max(endMs, (values.length - 1) * stepMs);
    reader.append(batch);
  }
  const engine = createEngine({ reader });
  const compiled = compileRule({ id: key, ...rule, lastEvaluatedAt: null } as unknown as AlertRule);
  const open = new Map<string, Instance>();
  const fired: [number, string][] = [];
  for (let nowMs = 0; nowMs <= endMs; nowMs += rule.intervalSeconds * 1000) {
    const { value } = await engine.instant({ query: rule.expr, timeMs: nowMs });
    if (value.type !== 'vector') throw new Error(`a rule answered with a ${value.type}`);
    const series = value.series.map((labels, i) => ({ labels: labels.toObject(), value: value.values[i] as number }));
    for (const { events } of advance(compiled, open, series, nowMs, false).changed)
      for (const { event, annotations } of events.splice(0))
        if (event === 'firing') fired.push([nowMs / 1000, annotations.summary ?? '']);
  }
  return fired;
}

describe('every shipped rule', () => {
  it('has a case here, and a key, a name and texts of its own', () => {
    expect(Object.keys(cases).sort()).toEqual(defaultRules.map(({ key }) => key).sort());
    expect(new Set(defaultRules.map(({ name }) => name)).size).toBe(defaultRules.length);
    for (const { key: _, ...rule } of defaultRules) {
      expect(alertRuleInput.parse(rule)).toEqual(rule);
      expect(Object.keys(rule.annotations)).toEqual(['summary', 'description', 'page', 'runbook']);
    }
  });

  it('has a runbook, and every runbook a rule', () => {
    const folder = new URL('../../../../docs/runbooks/', import.meta.url);
    const pages = readdirSync(folder).filter((name) => name !== 'README.md');
    expect(pages.sort()).toEqual(defaultRules.map(({ key }) => `${key}.md`).sort());
    for (const { key, name } of defaultRules) {
      const text = readFileSync(new URL(`${key}.md`, folder), 'utf8');
      expect(text.split('\n')[0]).toBe(`# ${name}`);
      expect(text.match(/(?<=\n\*\*)[^*]+(?=\.\*\*)/g)).toEqual([
        'What it means',
        'First look',
        'Likely causes',
        'What to do',
        'When it is a false alarm',
      ]);
    }
  });

  it.each(defaultRules.map((rule) => [rule.key, rule] as const))(
    '%s fires on its fault, and not without it',
    async (key, rule) => {
      const one = cases[key];
      expect((await play(rule, one?.fires ?? []))[0]).toEqual([one?.at, one?.says]);
      expect(await play(rule, one?.quiet ?? [])).toEqual([]);
    },
  );
});

describe('shipped rules in Postgres', () => {
  let postgres: TestPostgres;
  let state: State;
  beforeAll(async () => {
    postgres = await startTestPostgres();
    state = await postgres.freshState();
  });
  afterAll(() => postgres?.remove());

  const [first, second, third] = defaultRules as [DefaultRule, DefaultRule, DefaultRule];
  const find = ({ key }: DefaultRule) => state.prisma.alertRule.findUnique({ where: { builtinKey: key } });

  it('keep in step with the release until a person edits them', async () => {
    await seedDefaultRules(state, quiet);
    expect(await state.prisma.alertRule.count()).toBe(defaultRules.length);
    const before = await find(first);
    await seedDefaultRules(state, quiet);
    expect(await find(first)).toEqual(before);
    await state.prisma.alertRule.update({
      where: { builtinKey: first.key },
      data: { edited: true, name: 'mine', forSeconds: 7 },
    });
    await state.prisma.alertRule.update({ where: { builtinKey: second.key }, data: { enabled: false } });
    const next = [first, second].map((rule) => ({ ...rule, forSeconds: 99 }));
    await seedDefaultRules(state, quiet, next);
    expect(await find(first)).toMatchObject({ name: 'mine', forSeconds: 7 });
    expect(await find(second)).toMatchObject({ forSeconds: 99, enabled: false });
    expect(await find(third)).toBeNull();
  });

  it("leave a person's rule of the same name alone", async () => {
    await state.prisma.alertRule.create({ data: { name: third.name, layer: 'gpu', expr: 'up', severity: 'info' } });
    await seedDefaultRules(state, quiet);
    expect(await find(third)).toBeNull();
    expect(await state.prisma.alertRule.findUnique({ where: { name: third.name } })).toMatchObject({
      expr: 'up',
      builtin: false,
    });
  });
});
