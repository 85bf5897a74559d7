import { createEngine } from '@binnacle/promql/engine/engine.ts';
import type { EngineOptions } from '@binnacle/promql/engine/settings.ts';
import { Together } from '@binnacle/promql/engine/together.ts';
import { formatFixed, formatFloat } from '@binnacle/promql/result/float.ts';
import { formatTime, writeQueryValue } from '@binnacle/promql/result/json.ts';
import type { QueryResult } from '@binnacle/promql/result/result.ts';
import { MemoryReader } from '@binnacle/promql/storage/memory.ts';
import { labelsFromObject } from '@binnacle/shared/telemetry/labels.ts';
import type { SampleReader, ScanRequest } from '@binnacle/shared/telemetry/reader.ts';
import { SampleBatch } from '@binnacle/shared/telemetry/sample-batch.ts';
import { describe, expect, test } from 'vitest';

const start = Date.UTC(2026, 0, 1);

/** `count` series of `x_total` that grow by 1 every 15 s over an hour. */
function counters(count: number): MemoryReader {
  const reader = new MemoryReader();
  const batch = new SampleBatch();
  for (let s = 0; s < count; s++) {
    const series = batch.addSeries(labelsFromObject({ __name__: 'x_total', host: `h${s}` }));
    for (let i = 0; i < 240; i++) batch.append(series, start + i * 15_000, i);
  }
  reader.append(batch);
  return reader;
}

/** A reader that writes down what it is asked. */
function watched(reader: SampleReader): { reader: SampleReader; scans: ScanRequest[] } {
  const scans: ScanRequest[] = [];
  return {
    scans,
    reader: {
      select: (matchers, range) => reader.select(matchers, range),
      scan: (request) => {
        scans.push(request);
        return reader.scan(request);
      },
      labelNames: (matchers, range) => reader.labelNames(matchers, range),
      labelValues: (name, matchers, range) => reader.labelValues(name, matchers, range),
      metadata: (family) => reader.metadata(family),
    },
  };
}

const hour = { startMs: start + 600_000, endMs: start + 3_600_000, stepMs: 60_000 };

describe('reading', () => {
  test('equal selectors are read once, over the time that all of them need', async () => {
    const { reader, scans } = watched(counters(2));
    const engine = createEngine({ reader });
    const { stats } = await engine.range({ query: 'rate(x_total[5m]) / rate(x_total[1m])', ...hour });
    expect(scans).toHaveLength(1);
    expect(scans[0]?.fromMs).toBe(hour.startMs - 300_000 + 1);
    expect(scans[0]?.toMs).toBe(hour.endMs);
    expect(stats.series).toBe(2);
    expect(stats.samplesRead).toBeGreaterThan(400);
  });

  test('equal selectors far apart in time are read apart', async () => {
    const { reader, scans } = watched(counters(1));
    const engine = createEngine({ reader });
    const query = 'x_total - x_total offset 30m';
    const { value } = await engine.instant({ query, timeMs: start + 3_000_000 });
    expect(scans.map(({ fromMs, toMs }) => toMs - fromMs)).toEqual([299_999, 299_999]);
    expect(value.type === 'vector' && value.values[0]).toBe(120);
  });
});

describe('limits', () => {
  const code = async (
    options: Partial<EngineOptions>,
    ask: (engine: ReturnType<typeof createEngine>) => Promise<unknown>,
  ) =>
    ask(createEngine({ reader: counters(20), ...options })).then(
      () => 'answered',
      (error: { code?: string }) => error.code,
    );

  test('of queries that are too large together, the later ones are to be asked again, and small ones are answered', async () => {
    const reader = counters(50);
    const gate = Promise.withResolvers<void>();
    const atGate = Promise.withResolvers<void>();
    const gated: SampleReader = {
      ...watched(reader).reader,
      scan: async function* (request) {
        yield* reader.scan(request);
        atGate.resolve();
        await gate.promise;
      },
    };
    const engine = createEngine({ reader: gated, maxSamples: 20_000, maxSamplesTogether: 20_000 });
    // Both sides read the same samples, so that they are kept.
    const large = () => engine.range({ query: 'sum(x_total + x_total)', ...hour, stepMs: 3_600_000 });
    const first = large();
    await atGate.promise;
    for (let i = 0; i < 2; i++) await expect(large()).rejects.toMatchObject({ code: 'over_capacity', retry: true });
    expect((await engine.instant({ query: 'count(vector(1))', timeMs: start })).value.type).toBe('vector');
    gate.resolve();
    expect((await first).value.type).toBe('matrix');
    // Nothing is held once they have ended.
    for (let i = 0; i < 3; i++) expect((await large()).value.type).toBe('matrix');
  });

  test('more samples than allowed', async () => {
    expect(await code({ maxSamples: 100 }, (engine) => engine.range({ query: 'sum(x_total)', ...hour }))).toBe(
      'query_limit',
    );
  });

  test('more values in between than allowed', async () => {
    const query = 'sum_over_time(vector(1)[1d:1s])';
    expect(await code({ maxSamples: 10_000 }, (engine) => engine.instant({ query, timeMs: start }))).toBe(
      'query_limit',
    );
  });

  test('the parts of a query count together, for as long as they are held', async () => {
    const ask = (query: string) => code({ maxSamples: 6_000 }, (engine) => engine.range({ query, ...hour }));
    // 20 series at 51 steps, each operand from a read of its own.
    const operand = (i: number) => `x_total{host!="none ${i}"}`;
    const side = (count: number) => Array.from({ length: count }, (_, i) => operand(i));
    expect(await ask(side(2).join(' + '))).toBe('answered');
    expect(await ask(side(8).join(' + '))).toBe('query_limit');
    // One after another: what a function takes is free once it has given.
    expect(await ask(`${'abs('.repeat(20)}${operand(0)}${')'.repeat(20)}`)).toBe('answered');
  });

  test('a part that goes on after its query has failed holds nothing', async () => {
    const together = new Together(100);
    const share = together.share();
    share.hold(60);
    share[Symbol.dispose]();
    share.hold(90);
    expect(together.held).toBe(0);
  });

  test('an answer that is still in use counts until it is let go', async () => {
    const engine = createEngine({ reader: counters(20), maxSamples: 10_000, maxSamplesTogether: 9_000 });
    const ask = async () => {
      let letGo = (): void => {};
      await engine.range({ query: 'x_total', ...hour, onAnswer: (done) => (letGo = done) });
      return letGo;
    };
    const held: (() => void)[] = [];
    for (let i = 0; i < 6; i++) held.push(await ask());
    const asking = [ask(), ask()].map((answer) =>
      answer.then(
        () => 'answered',
        (error: { code: string }) => error.code,
      ),
    );
    expect(await Promise.all(asking)).toContain('over_capacity');
    for (const letGo of held) letGo();
    await ask();
  });

  test('more series than allowed', async () => {
    expect(await code({ maxSeries: 19 }, (engine) => engine.instant({ query: 'x_total', timeMs: start }))).toBe(
      'query_limit',
    );
  });

  test('more steps than allowed, a step of nothing, an end before the start', async () => {
    const at = (range: object) => code({}, (engine) => engine.range({ query: 'x_total', ...hour, ...range }));
    expect(await at({ stepMs: 100 })).toBe('query_invalid');
    expect(await at({ stepMs: 0 })).toBe('query_invalid');
    expect(await at({ endMs: hour.startMs - 1 })).toBe('query_invalid');
    expect(await at({ stepMs: 300 })).toBe('answered');
  });

  test('a string or a range vector is no answer over steps', async () => {
    expect(await code({}, (engine) => engine.range({ query: 'x_total[5m]', ...hour }))).toBe('query_invalid');
  });
});

describe('ending early', () => {
  /** A reader whose scan waits until it is told to end. */
  function stuck(): SampleReader {
    const { reader } = watched(counters(1));
    return {
      ...reader,
      scan: async function* ({ signal }) {
        await new Promise((_, reject) =>
          signal?.addEventListener('abort', () => reject(new Error('the store was told'))),
        );
        yield* [];
      },
    };
  }

  test('by the caller, while the store is read', async () => {
    const controller = new AbortController();
    const engine = createEngine({ reader: stuck() });
    const asked = engine.instant({ query: 'x_total', timeMs: start, signal: controller.signal });
    controller.abort();
    await expect(asked).rejects.toMatchObject({ code: 'query_canceled' });
  });

  test('by the clock', async () => {
    const engine = createEngine({ reader: stuck(), timeoutMs: 20 });
    await expect(engine.instant({ query: 'x_total', timeMs: start })).rejects.toMatchObject({ code: 'query_timeout' });
  });

  test('by the caller, while it is evaluated: the event loop is not held', async () => {
    const engine = createEngine({ reader: counters(50) });
    const controller = new AbortController();
    // Hours of work if nobody ended it.
    const query = 'quantile_over_time(0.5, quantile_over_time(0.5, x_total[50m:1s])[50m:1s])';
    const asked = engine.instant({ query, timeMs: start + 3_600_000, signal: controller.signal });
    setTimeout(() => controller.abort(), 50);
    await expect(asked).rejects.toMatchObject({ code: 'query_canceled' });
  });
});

describe('the JSON of an answer', () => {
  const text = ({ value }: QueryResult, limit?: number): unknown =>
    JSON.parse(`{${Buffer.concat([...writeQueryValue(value, limit)]).toString()}}`);

  test('a matrix in chunks', async () => {
    const engine = createEngine({ reader: counters(200) });
    const result = await engine.range({ query: 'x_total', ...hour });
    const chunks = [...writeQueryValue(result.value)];
    expect(chunks.length).toBeGreaterThan(1);
    expect(Math.max(...chunks.map((chunk) => chunk.length))).toBeLessThanOrEqual(128 * 1024);
    const parsed = text(result) as { result: { metric: object; values: [number, string][] }[] };
    expect(parsed.result).toHaveLength(200);
    expect(parsed.result[0]).toMatchObject({ metric: { __name__: 'x_total', host: 'h0' } });
    expect(parsed.result[0]?.values[1]).toEqual([(hour.startMs + 60_000) / 1000, '44']);
    expect((text(result, 3) as { result: unknown[] }).result).toHaveLength(3);
  });

  test('a vector, a scalar, a string', async () => {
    const engine = createEngine({ reader: counters(1) });
    const ask = async (query: string) => text(await engine.instant({ query, timeMs: start + 500 }));
    expect(await ask('x_total / 0')).toEqual({
      resultType: 'vector',
      result: [{ metric: { host: 'h0' }, value: [(start + 500) / 1000, 'NaN'] }],
    });
    expect(await ask('-1/0')).toEqual({ resultType: 'scalar', result: [(start + 500) / 1000, '-Inf'] });
    expect(await ask('"a"')).toEqual({ resultType: 'string', result: [(start + 500) / 1000, 'a'] });
  });

  test('floats and times as Prometheus writes them', () => {
    expect([0, -0, 1e21, 1e-7, 0.1, 123456789012, Number.NaN, -1 / 0].map(formatFloat)).toEqual([
      '0',
      '-0',
      '1e+21',
      '1e-07',
      '0.1',
      '123456789012',
      'NaN',
      '-Inf',
    ]);
    expect([1e21, 1.5e-7, -2e22, 3.25].map(formatFixed)).toEqual([
      '1000000000000000000000',
      '0.00000015',
      '-20000000000000000000000',
      '3.25',
    ]);
    expect([0, 1500, 1_000_007, -250].map(formatTime)).toEqual(['0', '1.500', '1000.007', '-0.250']);
  });
});

test('a query without a time is asked now', async () => {
  const engine = createEngine({ reader: counters(1), now: () => start + 60_000 });
  const { value } = await engine.instant({ query: 'time()' });
  expect(value).toEqual({ type: 'scalar', timeMs: start + 60_000, value: (start + 60_000) / 1000 });
});
