import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { labelsFromObject } from '@binnacle/shared/telemetry/labels.ts';
import type { Matcher, SeriesEntry } from '@binnacle/shared/telemetry/reader.ts';
import { isStale, SampleBatch } from '@binnacle/shared/telemetry/sample-batch.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTelemetryStore, type TelemetryStore } from './store.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'binnacle-store-'));
/** The start of a bucket of two hours, yesterday: samples stay within the retention. */
const start = Math.floor((Date.now() - 86_400_000) / 7_200_000) * 7_200_000;
const always = { fromMs: start - 86_400_000, toMs: start + 86_400_000 };
let store: TelemetryStore;

beforeAll(async () => {
  store = await openTelemetryStore({ dataDir }, { sessions: 3 });
});

afterAll(async () => {
  await store.close();
  rmSync(dataDir, { recursive: true, force: true });
});

function batchOf(labels: Record<string, string>, samples: [time: number, value: number][]): SampleBatch {
  const batch = new SampleBatch(4);
  const series = batch.addSeries(labelsFromObject(labels));
  for (const [time, value] of samples) batch.append(series, time, value);
  return batch;
}

const named = (name: string): Matcher[] => [{ name: '__name__', op: '=', value: name }];

async function read(series: readonly SeriesEntry[], range = always, maxSamples = 1_000_000): Promise<string[]> {
  const out: string[][] = series.map(() => []);
  for await (const slab of store.scan({ series, ...range, maxSamples })) {
    for (let s = 0; s < slab.count; s++) {
      for (let i = s === 0 ? 0 : (slab.ends[s - 1] as number); i < (slab.ends[s] as number); i++) {
        const value = isStale(slab.valueWords, i) ? 'stale' : String(slab.values[i]);
        expect(slab.stale?.[i] === 1).toBe(value === 'stale');
        out[slab.seriesOf[s] as number]?.push(`${slab.seriesOf[s]}@${(slab.timestamps[i] as number) - start}=${value}`);
      }
    }
  }
  return out.flat();
}

describe('samples', () => {
  test('come back with every bit: stale markers, NaN, infinities, negative zero', async () => {
    const batch = batchOf({ __name__: 'special' }, [
      [start, 1.5],
      [start + 1, Number.NaN],
      [start + 2, Number.POSITIVE_INFINITY],
      [start + 3, Number.NEGATIVE_INFINITY],
      [start + 5, -1e-300],
    ]);
    batch.appendStale(0, start + 4);
    batch.appendBits(0, start + 6, 0, 0x80000000);
    batch.appendBits(0, start + 7, 0xdeadbeef, 0x7ff80123);
    await store.insert([batch]);
    const [series] = await store.select(named('special'), always);
    const values = await read([series as SeriesEntry]);
    expect(values).toEqual([
      '0@0=1.5',
      '0@1=NaN',
      '0@2=Infinity',
      '0@3=-Infinity',
      '0@4=stale',
      '0@5=-1e-300',
      '0@6=0',
      '0@7=NaN',
    ]);
    const words: number[] = [];
    const lastTwo = { fromMs: start + 6, toMs: start + 7 };
    for await (const { ends, valueWords } of store.scan({
      series: [series as SeriesEntry],
      ...lastTwo,
      maxSamples: 10,
    })) {
      words.push(...valueWords.subarray(0, 2 * (ends[0] as number)));
    }
    expect(words).toEqual([0, 0x80000000, 0xdeadbeef, 0x7ff80123]);
  });

  test('of one series come in time order over buckets and days, and only of the range, both ends included', async () => {
    const day = 86_400_000;
    const times = [day + 5, 7_200_000, 7_199_999, 0, day, 10];
    await store.insert([
      batchOf(
        { __name__: 'ordered' },
        times.map((time) => [start - day + time, time]),
      ),
    ]);
    const series = await store.select(named('ordered'), always);
    const back = (await read(series)).map((text) => Number(text.split('=')[1]));
    expect(back).toEqual([0, 10, 7_199_999, 7_200_000, day, day + 5]);
    const part = await read(series, { fromMs: start - day + 10, toMs: start - day + 7_200_000 });
    expect(part.map((text) => Number(text.split('=')[1]))).toEqual([10, 7_199_999, 7_200_000]);
  });

  test('of equal series and time are merged, over inserts and within one', async () => {
    const again = batchOf({ __name__: 'twice' }, [
      [start, 1],
      [start, 2],
      [start + 1, 7],
    ]);
    await store.insert([again, again]);
    await store.insert([batchOf({ __name__: 'twice' }, [[start + 1, 5]])]);
    expect(await read(await store.select(named('twice'), always))).toEqual(['0@0=2', '0@1=7']);
  });

  test('with a time that cannot be stored are refused, and nothing of their group is kept', async () => {
    for (const time of [-1, start + 0.5, Number.NaN, 1e15]) {
      const group = [batchOf({ __name__: 'refused' }, [[start, 1]]), batchOf({ __name__: 'refused' }, [[time, 1]])];
      await expect(store.insert(group)).rejects.toMatchObject({ code: 'bad_sample' });
    }
    expect(await store.select(named('refused'), always)).toEqual([]);
  });

  test('an empty group, an empty request and a range before 1970 are nothing', async () => {
    await store.insert([]);
    await store.insert([new SampleBatch()]);
    expect(await read([])).toEqual([]);
    expect(await read(await store.select(named('twice'), always), { fromMs: -10_000, toMs: -1 })).toEqual([]);
  });

  test('of thousands of series out of more are found', async () => {
    const batch = new SampleBatch();
    for (let i = 0; i < 3000; i++) {
      batch.append(
        batch.addSeries(labelsFromObject({ __name__: 'many', number: String(i), odd: String(i % 2) })),
        start + i,
        i,
      );
    }
    await store.insert([batch]);
    const odd = await store.select([...named('many'), { name: 'odd', op: '=', value: '1' }], always);
    expect(odd).toHaveLength(1500);
    const back = await read(odd);
    expect(new Set(back)).toEqual(
      new Set(odd.map(({ labels }, i) => `${i}@${labels.get('number')}=${labels.get('number')}`)),
    );
    expect(await read(await store.select(named('many'), always))).toHaveLength(3000);
    const most = await store.select([...named('many'), { name: 'number', op: '!~', value: '1|2|3' }], always);
    expect(await read(most)).toHaveLength(2997);
  });
});

describe('limits', () => {
  beforeAll(async () => {
    const batch = new SampleBatch(1_000_000);
    for (let s = 0; s < 100; s++) {
      const series = batch.addSeries(labelsFromObject({ __name__: 'large', number: String(s) }));
      for (let i = 0; i < 10_000; i++) batch.append(series, start + i * 100, i);
    }
    await store.insert([batch]);
  });

  test('more samples than allowed are refused, exactly as many are not', async () => {
    const series = await store.select([...named('large'), { name: 'number', op: '=', value: '7' }], always);
    expect(await read(series, always, 10_000)).toHaveLength(10_000);
    await expect(read(series, always, 9_999)).rejects.toMatchObject({ code: 'query_limit', status: 422 });
  });

  test('a scan that is canceled ends, and the store goes on', async () => {
    const abort = new AbortController();
    const series = await store.select(named('large'), always);
    const scan = async () => {
      for await (const _ of store.scan({ series, ...always, maxSamples: 1e9, signal: abort.signal })) abort.abort();
    };
    await expect(scan()).rejects.toMatchObject({ code: 'query_canceled' });
    await expect(scan()).rejects.toMatchObject({ code: 'query_canceled' });
    await store.ping();
    expect(await read(series.slice(0, 1))).toHaveLength(10_000);
  });

  test('a scan that its reader leaves early frees its Session', async () => {
    const series = await store.select(named('large'), always);
    for (let i = 0; i < 6; i++) for await (const _ of store.scan({ series, ...always, maxSamples: 1e9 })) break;
    expect(await read(series.slice(0, 1))).toHaveLength(10_000);
  });

  test('scans and inserts run beside each other', async () => {
    const series = await store.select(named('large'), always);
    const count = async () => {
      let samples = 0;
      for await (const { count, ends } of store.scan({ series, ...always, maxSamples: 1e9 }))
        samples += ends[count - 1] ?? 0;
      return samples;
    };
    const inserts = Array.from({ length: 5 }, (_, i) =>
      store.insert([batchOf({ __name__: 'beside' }, [[start + i, i]])]),
    );
    const [a, b, c] = await Promise.all([count(), count(), count(), ...inserts]);
    expect([a, b, c]).toEqual([1_000_000, 1_000_000, 1_000_000]);
    expect(await read(await store.select(named('beside'), always))).toHaveLength(5);
  });
});

describe('labels', () => {
  beforeAll(async () => {
    await store.insert([
      batchOf({ __name__: 'm', job: 'api', dc: 'kiel', cluster: 'demo' }, [[start, 1]]),
      batchOf({ __name__: 'm', job: 'api', dc: 'bremen' }, [[start, 1]]),
      batchOf({ __name__: 'm', job: 'db' }, [[start, 1]]),
      batchOf({ __name__: 'old', job: 'db' }, [[start - 86_400_000, 1]]),
    ]);
  });

  const jobs = (series: SeriesEntry[]) =>
    series.map(({ labels }) => `${labels.get('job')}/${labels.get('dc') ?? '-'}`).sort();

  test.each<[what: string, Matcher[], string[]]>([
    ['equal', [{ name: 'job', op: '=', value: 'api' }], ['api/bremen', 'api/kiel']],
    ['not equal', [{ name: 'dc', op: '!=', value: 'kiel' }], ['api/bremen', 'db/-']],
    ['no such label', [{ name: 'dc', op: '=', value: '' }], ['db/-']],
    ['any such label', [{ name: 'dc', op: '!=', value: '' }], ['api/bremen', 'api/kiel']],
    ['alternation', [{ name: 'dc', op: '=~', value: 'kiel|hamburg' }], ['api/kiel']],
    ['alternation with nothing', [{ name: 'dc', op: '=~', value: 'kiel|' }], ['api/kiel', 'db/-']],
    ['prefix', [{ name: 'dc', op: '=~', value: 'br.*' }], ['api/bremen']],
    ['pattern', [{ name: 'dc', op: '=~', value: '[a-k]i?.*[ln]' }], ['api/bremen', 'api/kiel']],
    ['not the pattern', [{ name: 'dc', op: '!~', value: 'k.*' }], ['api/bremen', 'db/-']],
    ['anchored', [{ name: 'dc', op: '=~', value: 'kie' }], []],
    [
      'all of several',
      [
        { name: 'job', op: '=~', value: 'a.+' },
        { name: 'dc', op: '!=', value: 'kiel' },
      ],
      ['api/bremen'],
    ],
    ['a label nobody has', [{ name: 'nobody', op: '=', value: 'x' }], []],
  ])('%s', async (_, matchers, expected) => {
    expect(jobs(await store.select([...named('m'), ...matchers], always))).toEqual(expected);
  });

  test('a pattern that is none is refused', async () => {
    await expect(store.select([{ name: 'job', op: '=~', value: '(' }], always)).rejects.toMatchObject({
      code: 'query_invalid',
    });
  });

  test('series without samples near the range are left out', async () => {
    expect(await store.select(named('old'), { fromMs: start, toMs: start + 1 })).toEqual([]);
    expect(await store.select(named('old'), { fromMs: start - 86_400_000, toMs: start - 86_400_000 })).toHaveLength(1);
  });

  test('names and values, of all series or of those that match', async () => {
    const now = { fromMs: start, toMs: start + 1000 };
    expect(await store.labelNames(named('m'), now)).toEqual(['__name__', 'cluster', 'dc', 'job']);
    expect(await store.labelNames([], now)).toContain('odd');
    expect(await store.labelValues('dc', [], now)).toEqual(['bremen', 'kiel']);
    expect(await store.labelValues('dc', [{ name: 'cluster', op: '=', value: 'demo' }], now)).toEqual(['kiel']);
    expect(await store.labelValues('__name__', [], now)).not.toContain('old');
    expect(await store.labelValues('nobody', [], now)).toEqual([]);
  });

  test('clusters and their series', async () => {
    const clusters = await store.clusters();
    expect(clusters.find(({ name }) => name === 'demo')).toEqual({ name: 'demo', series: 1 });
    expect(clusters.find(({ name }) => name === '')?.series).toBeGreaterThan(3000);
  });
});

test('metadata: the newest word stands', async () => {
  const batch = batchOf({ __name__: 'up' }, [[start, 1]]);
  batch.metadata.push({ family: 'up', type: 'gauge', help: 'first', unit: '' });
  await store.insert([batch]);
  batch.metadata[0] = { family: 'up', type: 'gauge', help: "it's up", unit: 'bool' };
  await store.insert([batch]);
  expect(await store.metadata('up')).toEqual([{ family: 'up', type: 'gauge', help: "it's up", unit: 'bool' }]);
  expect(await store.metadata('nobody')).toEqual([]);
  expect((await store.metadata()).length).toBeGreaterThan(0);
});

test('records: replaced by kind and key, newest first, cut by time, cluster and count', async () => {
  const record = (key: string, at: number, body: unknown, cluster = 'demo') => ({
    kind: 'pipeline_run' as const,
    key,
    at,
    cluster,
    body,
  });
  await store.putRecords([
    record('a', 1000, 'old'),
    record('b', 2000, { text: "it's \\ ⚓\n" }),
    record('a', 3000, 'new'),
  ]);
  await store.putRecords([record('c', 2500, [1], ''), record('b', 1500, null)]);
  await store.putRecords([]);
  const keys = async (query: object) =>
    (await store.listRecords({ kind: 'pipeline_run', limit: 10, ...query })).map(({ key, at, body }) => [
      key,
      at,
      body,
    ]);
  expect(await keys({})).toEqual([
    ['a', 3000, 'new'],
    ['c', 2500, [1]],
    ['b', 1500, null],
  ]);
  expect(await keys({ limit: 1 })).toEqual([['a', 3000, 'new']]);
  expect(await keys({ cluster: '' })).toEqual([['c', 2500, [1]]]);
  expect(await keys({ key: 'b' })).toEqual([['b', 1500, null]]);
  expect(await keys({ fromMs: 1500, toMs: 2500 })).toEqual([
    ['c', 2500, [1]],
    ['b', 1500, null],
  ]);
  expect(await keys({ key: "x' OR 1=1 --" })).toEqual([]);
  await store.putRecords([record('s/100%_a', 10, 1), record('s/10', 20, 2), record('S/100', 30, 3)]);
  expect(await keys({ keyPrefix: 's/100%' })).toEqual([['s/100%_a', 10, 1]]);
  expect(await keys({ keyPrefix: 's/' })).toEqual([
    ['s/10', 20, 2],
    ['s/100%_a', 10, 1],
  ]);
});

test('says what it holds', async () => {
  await store.ping();
  const stats = await store.stats();
  expect(stats.samples).toBeGreaterThanOrEqual(1_000_000);
  expect(stats.series).toBeGreaterThan(3000);
  expect(stats.parts).toBeGreaterThan(0);
  expect(stats.bytesOnDisk).toBeGreaterThan(1000);
});
