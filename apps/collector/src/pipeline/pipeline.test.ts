import { BinnacleError } from '@binnacle/shared/errors.ts';
import { LabelSet, labelsFromObject } from '@binnacle/shared/telemetry/labels.ts';
import { isStale, SampleBatch } from '@binnacle/shared/telemetry/sample-batch.ts';
import { describe, expect, it, onTestFinished } from 'vitest';
import { limitsWith } from './limits.ts';
import { Pipeline } from './pipeline.ts';

const nowMs = Date.UTC(2026, 0, 1);
const origin = { receiver: 'test', source: 'a' };

/** A store whose inserts wait until the test lets them go. */
class GatedStore {
  readonly inserts: SampleBatch[][] = [];
  readonly #gates: { resolve: () => void; reject: (error: unknown) => void }[] = [];
  #arrived: (() => void)[] = [];

  insert = (batches: readonly SampleBatch[]): Promise<void> => {
    this.inserts.push([...batches]);
    for (const arrived of this.#arrived.splice(0)) arrived();
    return new Promise((resolve, reject) => this.#gates.push({ resolve, reject }));
  };

  async untilInserts(count: number): Promise<void> {
    while (this.inserts.length < count) await new Promise<void>((resolve) => this.#arrived.push(resolve));
  }

  release(): void {
    this.#gates.shift()?.resolve();
  }

  fail(error: unknown): void {
    this.#gates.shift()?.reject(error);
  }
}

function series(name: string, labels: Record<string, string> = {}): LabelSet {
  return labelsFromObject({ __name__: name, ...labels });
}

function batchOf(...samples: readonly (readonly [LabelSet, number, number?])[]): SampleBatch {
  const batch = new SampleBatch(4);
  for (const [labels, value, at] of samples) batch.append(batch.addSeries(labels), at ?? nowMs, value);
  return batch;
}

function pipelineWith(insert: GatedStore['insert'], limits: Parameters<typeof limitsWith>[0] = {}): Pipeline {
  const pipeline = new Pipeline({ limits: limitsWith({ commitMilliseconds: 1, ...limits }), insert, now: () => nowMs });
  return pipeline;
}

const stored = async () => {};
const rejection = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => error as BinnacleError,
  );

describe('group commit', () => {
  it('acknowledges a write only after its insert', async () => {
    const store = new GatedStore();
    const pipeline = pipelineWith(store.insert);
    let acknowledged = false;
    const write = pipeline.write(batchOf([series('m'), 1]), origin).then((result) => {
      acknowledged = true;
      return result;
    });
    await store.untilInserts(1);
    expect(acknowledged).toBe(false);
    store.release();
    expect(await write).toEqual({ accepted: 1, refused: [] });
    await pipeline.close();
  });

  it('fills the next group while the last one is written, and never runs two inserts at once', async () => {
    const store = new GatedStore();
    const pipeline = pipelineWith(store.insert);
    const first = pipeline.write(batchOf([series('m'), 1]), origin);
    await store.untilInserts(1);
    const later = [2, 3, 4].map((value) => pipeline.write(batchOf([series('m'), value]), origin));
    expect(store.inserts).toHaveLength(1);
    store.release();
    await first;
    await store.untilInserts(2);
    expect(store.inserts[1]).toHaveLength(3);
    store.release();
    await Promise.all(later);
    await pipeline.close();
  });

  it('begins at once when enough samples wait', async () => {
    const store = new GatedStore();
    const pipeline = pipelineWith(store.insert, { commitMilliseconds: 5000, commitSamples: 1000 });
    const batch = new SampleBatch();
    const index = batch.addSeries(series('m'));
    for (let i = 0; i < 1000; i++) batch.append(index, nowMs - i, i);
    const write = pipeline.write(batch, origin);
    await store.untilInserts(1);
    store.release();
    await write;
    await pipeline.close();
  });

  it('writes what waits before it closes, and takes nothing more', async () => {
    const store = new GatedStore();
    const pipeline = pipelineWith(store.insert, { commitMilliseconds: 5000 });
    const write = pipeline.write(batchOf([series('m'), 1]), origin);
    const closing = pipeline.close();
    expect((await rejection(pipeline.write(batchOf([series('m'), 2]), origin)))?.code).toBe('over_capacity');
    await store.untilInserts(1);
    store.release();
    expect((await write).accepted).toBe(1);
    await closing;
  });
});

describe('back-pressure and failure', () => {
  it('refuses over the bytes in flight before it holds memory, with Retry-After, and recovers', async () => {
    const store = new GatedStore();
    const pipeline = pipelineWith(store.insert, { inFlightBytes: 1_048_576 });
    const big = new SampleBatch(50_000);
    const index = big.addSeries(series('m'));
    for (let i = 0; i < 50_000; i++) big.append(index, nowMs - i, i);
    const first = pipeline.write(big, origin);
    const error = await rejection(pipeline.write(big, origin));
    expect(error?.code).toBe('over_capacity');
    expect(error?.retryAfterSeconds).toBeGreaterThanOrEqual(1);
    await store.untilInserts(1);
    store.release();
    await first;
    const again = pipeline.write(big, origin);
    await store.untilInserts(2);
    store.release();
    expect((await again).accepted).toBe(50_000);
    await pipeline.close();
  });

  it('says store_unavailable when the insert fails, so that the sender tries again', async () => {
    const store = new GatedStore();
    const pipeline = pipelineWith(store.insert);
    const write = rejection(pipeline.write(batchOf([series('m'), 1]), origin));
    await store.untilInserts(1);
    store.fail(new Error('disk full'));
    const error = await write;
    expect(error?.code).toBe('store_unavailable');
    expect(error?.retry).toBe(true);
    expect(pipeline.freshness.of('test', 'a')?.accepted).toBe(0);
    await pipeline.close();
  });

  it('a batch that the store refuses for good does not take its neighbours along', async () => {
    const poison = series('poison');
    const pipeline = pipelineWith(async (batches) => {
      if (batches.some((batch) => batch.series.includes(poison))) throw new BinnacleError('bad_sample', 'no');
    });
    const good = pipeline.write(batchOf([series('m'), 1]), origin);
    const bad = rejection(pipeline.write(batchOf([poison, 1]), origin));
    expect((await good).accepted).toBe(1);
    expect((await bad)?.code).toBe('bad_sample');
    await pipeline.close();
  });

  it('refuses a request of too many samples', async () => {
    const pipeline = pipelineWith(stored, { samplesPerRequest: 1000 });
    const batch = new SampleBatch();
    const index = batch.addSeries(series('m'));
    for (let i = 0; i < 1001; i++) batch.append(index, nowMs, i);
    expect((await rejection(pipeline.write(batch, origin)))?.code).toBe('body_too_large');
    await pipeline.close();
  });
});

describe('limits of series and samples', () => {
  const many = Object.fromEntries(Array.from({ length: 64 }, (_, i) => [`l${i}`, 'x']));
  const cases: [string, LabelSet, number, string][] = [
    ['no metric name', labelsFromObject({ job: 'a' }), nowMs, 'no_metric_name'],
    ['half a character in a label name', series('m', { 'a\ud800': 'x' }), nowMs, 'bad_label_name'],
    ['half a character in a label value', series('m', { a: 'x\udfff' }), nowMs, 'bad_label_value'],
    ['a label twice', new LabelSet(['__name__', 'm', 'a', '1', 'a', '2']), nowMs, 'duplicate_label'],
    ['too many labels', series('m', many), nowMs, 'too_many_labels'],
    ['a label name too long', series('m', { ['n'.repeat(257)]: 'x' }), nowMs, 'label_too_long'],
    ['a label value too long', series('m', { a: 'x'.repeat(4097) }), nowMs, 'label_too_long'],
    ['a time too far ahead', series('m'), nowMs + 600_001, 'too_far_in_future'],
    ['a time before the retention', series('m'), nowMs - 30 * 86_400_000 - 1, 'too_old'],
    ['no time at all', series('m'), Number.NaN, 'too_old'],
  ];
  it.each(cases)('refuses %s, and only that', async (_name, labels, at, reason) => {
    const inserts: SampleBatch[] = [];
    const pipeline = pipelineWith(async (batches) => void inserts.push(...batches));
    onTestFinished(() => pipeline.close());
    const good = series('good');
    const result = await pipeline.write(batchOf([good, 1], [labels, 2, at], [good, 3]), origin);
    expect(result.accepted).toBe(2);
    expect(result.refused).toMatchObject([{ reason, count: 1 }]);
    expect([...inserts[0]!.values.subarray(0, inserts[0]!.length)]).toEqual([1, 3]);
    expect(pipeline.freshness.of('test', 'a')?.refused.get(reason as never)?.count).toBe(1);
  });

  it('takes what is just within the bounds', async () => {
    const pipeline = pipelineWith(stored);
    onTestFinished(() => pipeline.close());
    const batch = batchOf(
      [series('m'), 1, nowMs + 600_000],
      [series('m', { a: 'x'.repeat(4096) }), 1, nowMs - 30 * 86_400_000],
    );
    expect((await pipeline.write(batch, origin)).accepted).toBe(2);
    expect(pipeline.freshness.of('test', 'a')?.lastSampleAt).toBe(nowMs + 600_000);
  });

  it('refuses one sample of a request with very many series, and takes the others', async () => {
    const count = 200_000;
    const batch = new SampleBatch(count);
    for (let i = 0; i < count; i++)
      batch.append(batch.addSeries(series('many', { n: String(i) })), i === 0 ? 1 : nowMs, 1);
    const result = await pipelineWith(stored).write(batch, origin);
    expect(result).toMatchObject({ accepted: count - 1, refused: [{ reason: 'too_old', count: 1 }] });
  });

  it('keeps stale markers, bit for bit, when its neighbours are refused', async () => {
    const inserts: SampleBatch[] = [];
    const pipeline = pipelineWith(async (batches) => void inserts.push(...batches));
    onTestFinished(() => pipeline.close());
    const batch = batchOf([labelsFromObject({ job: 'a' }), 1]);
    batch.appendStale(batch.addSeries(series('m')), nowMs);
    expect((await pipeline.write(batch, origin)).accepted).toBe(1);
    expect(isStale(inserts[0]!.valueWords, 0)).toBe(true);
  });

  it('counts active series per source, and forgets those that have been silent for two hours', async () => {
    let at = nowMs;
    const pipeline = new Pipeline({
      limits: limitsWith({ activeSeriesPerSource: 100, commitMilliseconds: 1 }),
      insert: stored,
      now: () => at,
    });
    onTestFinished(() => pipeline.close());
    const write = (from: number, to: number, source = 'a') =>
      pipeline.write(
        batchOf(...Array.from({ length: to - from }, (_, i) => [series('m', { i: String(from + i) }), 1, at] as const)),
        { receiver: 'test', source },
      );
    expect((await write(0, 101)).refused).toMatchObject([{ reason: 'too_many_series', count: 1 }]);
    expect((await write(0, 100)).refused).toEqual([]);
    expect((await write(200, 210, 'b')).refused).toEqual([]);
    at += 3_600_000;
    expect((await write(0, 50)).refused).toEqual([]);
    expect((await write(300, 310)).accepted).toBe(0);
    at += 3_600_000;
    expect((await write(300, 350)).accepted).toBe(50);
  });
});
