import type { ExplainedNode } from '@binnacle/shared/api/explanation.ts';
import { explanation } from '@binnacle/shared/api/explanation.ts';
import type { GridReader, GridRequest } from '@binnacle/shared/telemetry/grid.ts';
import { labelsFromObject } from '@binnacle/shared/telemetry/labels.ts';
import { SampleBatch } from '@binnacle/shared/telemetry/sample-batch.ts';
import { describe, expect, test } from 'vitest';
import { createEngine, type Engine } from '../src/engine/engine.ts';
import type { EngineOptions } from '../src/engine/settings.ts';
import { MemoryReader } from '../src/storage/memory.ts';

const minute = 60_000;
const hour = { startMs: 60 * minute, endMs: 120 * minute, stepMs: minute };

/** Four series of two metrics, a sample each minute for three hours. */
function memory(): MemoryReader {
  const reader = new MemoryReader();
  const batch = new SampleBatch();
  for (const name of ['a_total', 'b']) {
    for (const host of ['x', 'y']) {
      const series = batch.addSeries(labelsFromObject({ __name__: name, host }));
      for (let i = 0; i <= 180; i++) batch.append(series, i * minute, i);
    }
  }
  reader.append(batch);
  return reader;
}

/** A store that would answer everything; what it is asked is kept. */
function withGrid(
  grid: Partial<GridReader>,
  options: Partial<EngineOptions> = {},
): { engine: Engine; asked: GridRequest[] } {
  const asked: GridRequest[] = [];
  const reader = memory();
  const whole: GridReader = {
    place: 'remote',
    offers: () => true,
    expectedSamples: (series, spanMs) => (series.length * spanMs) / minute,
    describe: ({ method, function: fn }) => `SELECT ${method} ${fn} WHERE series IN (1, 2, 3, 4, 5, 6, 7, 8, 9, 10)`,
    describeScan: ({ fromMs, toMs }) => `SELECT samples FROM ${fromMs} TO ${toMs}`,
    answer: async (request) => {
      asked.push(request);
      return { kind: 'declined', reason: 'it is a Sunday' };
    },
    ...grid,
  };
  return { engine: createEngine({ reader: Object.assign(reader, { grid: whole }), ...options }), asked };
}

/** Lines of a tree: kind, number of the read, and marks. */
function lines(node: ExplainedNode, depth = 0): string[] {
  const marks = [
    node.read === null ? '' : ` read ${node.read}`,
    node.within ? ' within' : '',
    node.stepInvariant ? ' once' : '',
  ];
  return [
    `${' '.repeat(depth)}${node.kind}${marks.join('')}`,
    ...node.children.flatMap((child) => lines(child, depth + 1)),
  ];
}

describe('explain', () => {
  test('equal selectors are one read, what does not depend on the step is marked', async () => {
    const engine = createEngine({ reader: memory() });
    const plan = await engine.explain({ query: 'rate(a_total[5m]) + a_total + scalar(sum(b @ 3600))', ...hour });
    expect(explanation.parse(JSON.parse(JSON.stringify(plan)))).toEqual(plan);
    expect(lines(plan.root)).toEqual([
      'binary',
      ' binary',
      '  call',
      '   range',
      '    selector read 0',
      '  selector read 0',
      ' call once',
      '  aggregation once',
      '   selector read 1 once',
    ]);
    expect(plan.steps).toBe(61);
    expect(plan.ran).toBeNull();
    expect(plan.reads).toMatchObject([
      { plan: 'stream', selectors: ['a_total', 'a_total'], fromMs: 55 * minute + 1, toMs: 120 * minute, actual: null },
      { plan: 'stream', selectors: ['b @ 3600.000'], fromMs: 55 * minute + 1, toMs: 60 * minute },
    ]);
    // Memory says nothing about costs, and has no SQL: that is not 0.
    expect(plan.reads[0]).toMatchObject({ sql: [], estimated: { series: 2, samples: null, bytes: null } });
  });

  test('what ran: counted, and as many samples as the query read', async () => {
    const engine = createEngine({ reader: memory() });
    const plan = await engine.explain({ query: 'sum(rate(a_total[5m]))', ...hour, analyze: true });
    expect(plan.ran).toMatchObject({ resultSeries: 1, samplesRead: 2 * 65 });
    expect(plan.reads[0]?.actual).toMatchObject({ series: 2, samples: 2 * 65, bytes: 2 * 65 * 16 });
    expect(plan.reads[0]?.actual?.durationMs).toBeGreaterThan(0);
  });

  test('an instant query is one without a step; a plan may be asked for', async () => {
    const { engine } = withGrid({});
    const plan = await engine.explain({ query: 'sum by (host) (b)', timeMs: 60 * minute, plan: 'push-down' });
    expect([plan.startMs, plan.endMs, plan.stepMs, plan.steps]).toEqual([60 * minute, 60 * minute, 0, 1]);
    expect(lines(plan.root)).toEqual(['aggregation read 0', ' selector within']);
    expect(plan.reads).toMatchObject([{ plan: 'grid', selectors: ['sum by (host) (b)'], reason: 'asked for' }]);
    expect(plan.reads[0]?.sql).toEqual(['SELECT grid last WHERE series IN (1, 2, 3, … 7 more)']);
  });

  test('a store that declines is told with its reason, and the read that was made instead', async () => {
    const { engine, asked } = withGrid({});
    const plan = await engine.explain({ query: 'sum(b)', ...hour, analyze: true, plan: 'push-down' });
    expect(asked).toHaveLength(1);
    expect(plan.reads).toMatchObject([{ plan: 'stream', reason: 'the store declined: it is a Sunday' }]);
    expect(plan.reads[0]?.actual?.samples).toBe(2 * 65);
  });

  test('refuses what cannot be run', async () => {
    const { engine } = withGrid({});
    await expect(engine.explain({ query: 'sum(' })).rejects.toMatchObject({ code: 'query_invalid' });
    await expect(engine.explain({ query: 'b', startMs: 5, endMs: 1, stepMs: 1 })).rejects.toMatchObject({
      code: 'query_invalid',
    });
  });
});

describe('the choice', () => {
  const chosen = async (query: string, grid: Partial<GridReader>, options: Partial<EngineOptions> = {}) =>
    (await withGrid(grid, options).engine.explain({ query, ...hour })).reads.map(
      ({ plan, reason }) => `${plan}: ${reason}`,
    );
  const many = { expectedSamples: () => 5_000_000 };
  const few = 'stream: few samples are read sooner than anything else';

  test('few samples are streamed, whatever the store', async () => {
    expect(await chosen('sum(b)', {})).toEqual([few]);
    expect(await chosen('sum(b)', { ...many, place: 'embedded', expectedSamples: () => 1_999_999 })).toEqual([few]);
  });

  test('across a network the fewer bytes', async () => {
    expect(await chosen('sum(rate(a_total[5m]))', many)).toEqual(['grid: far fewer bytes cross the network']);
    expect(await chosen('sum(max_over_time(b[1h]))', many)).toEqual(['resample: far fewer bytes cross the network']);
  });

  test('in one process only where the store keeps one of many samples', async () => {
    const embedded = { ...many, place: 'embedded' as const };
    expect(await chosen('max(b)', embedded)).toEqual(['grid: the store keeps one of many samples']);
    expect(await chosen('sum(rate(a_total[5m]))', embedded)).toEqual([
      'stream: samples of an embedded store are read as fast as it computes',
    ]);
  });

  test('never what the store does not offer, or what would take its memory', async () => {
    expect(await chosen('sum(b)', { ...many, offers: () => false })).toEqual(['stream: the store does not offer it']);
    expect(await chosen('sum(rate(a_total[5m]))', { expectedSamples: () => 1e9 })).toEqual([
      'stream: the store would hold too much while it computes',
    ]);
  });

  test('never where the answer needs a look at each series, or a selector is read anyway', async () => {
    expect(await chosen('sum(rate(b[5m]))', many)).toEqual([
      'stream: each series has to be looked at for a note on its name',
    ]);
    expect(await chosen('sum(a_total) / count(a_total)', many)).toEqual(['stream: equal selectors are read once']);
  });

  test.each([
    'quantile(2, b)',
    'sum(quantile_over_time(0.5, b[5m]))',
    'sum(b offset 5m > 3)',
    'timestamp(b)',
    'b[5m:1m]',
  ])('%s: only what has an exact form is asked for', async (query) => {
    const { engine, asked } = withGrid(many, { plan: 'push-down' });
    await engine.instant({ query, timeMs: 60 * minute });
    expect(asked.filter(({ aggregation, function: fn }) => aggregation !== undefined || fn !== 'last')).toEqual([]);
  });
});
