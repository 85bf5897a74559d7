import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type TestSeries,
  write2Headers,
  write2Message,
} from '../../src/receivers/remote-write/testing/write-2-message.ts';
import { snappyEncode } from '../../src/wire/snappy.ts';
import { type GatewayProcess, startGateway, waitFor } from '../gateway-process.ts';

/** Whole minutes, ten minutes up to now, at which samples are sent. */
const endMs = Math.floor(Date.now() / 60_000) * 60_000;
const times = Array.from({ length: 11 }, (_, i) => endMs - (10 - i) * 60_000);

const name = 'größe.in-µs';
const oddLabels = { __name__: name, 'service.name': 'lager \\ "A"', '1st': 'ja', ключ: 'значение', '🛰': 'up\nlink' };
/** 100 observations a minute: 90 in (0.5, 1], 10 in (4, 8]. */
const histogram = (minutes: number, atMs: number, float: boolean) => ({
  atMs,
  count: 100 * minutes,
  sum: 120 * minutes,
  positive: [
    [0, [90 * minutes]],
    [2, [10 * minutes]],
  ] as const,
  float,
});
const series: TestSeries[] = [
  { labels: oddLabels, samples: times.map((atMs, i) => ({ atMs, value: i })), metadata: { type: 2, help: 'Odd.' } },
  {
    labels: { __name__: 'took_seconds', job: 'native' },
    histograms: times.map((atMs, i) => histogram(i, atMs, false)),
    exemplars: [{ labels: { trace_id: 'abc' }, value: 6.5, atMs: endMs }],
    metadata: { type: 3, help: 'Time taken.', unit: 'seconds' },
  },
  { labels: { __name__: 'took_seconds', job: 'float' }, histograms: times.map((atMs, i) => histogram(i, atMs, true)) },
];

describe('remote write 2.0 into a gateway, and back out of its doors', () => {
  let gateway: GatewayProcess;
  const get = async (path: string, parameters: Record<string, string> = {}) => {
    const answer = await fetch(`${gateway.url}/api/v1/${path}?${new URLSearchParams(parameters)}`);
    return ((await answer.json()) as { data: unknown }).data;
  };
  const at = endMs / 1000;
  const range = { start: String(at - 3600), end: String(at) };

  beforeAll(async () => {
    gateway = await startGateway();
    // A retried request changes nothing.
    for (let i = 0; i < 2; i++) {
      const response = await fetch(`${gateway.url}/api/v1/write`, {
        method: 'POST',
        headers: write2Headers,
        body: Buffer.from(snappyEncode(write2Message(series))),
      });
      const written = ['samples', 'histograms', 'exemplars'].map((kind) =>
        response.headers.get(`x-prometheus-remote-write-${kind}-written`),
      );
      expect([response.status, await response.text(), ...written]).toEqual([204, '', '11', '22', '1']);
    }
    await waitFor('the samples', async () => (await gateway.query('took_seconds_count', at)).length === 2);
  }, 90_000);
  afterAll(() => gateway?.stop());

  it('names and labels in any UTF-8, as they went in', async () => {
    const quoted = JSON.stringify(name);
    expect(await gateway.query(`{${quoted}, "service.name"=~"lager.*", "1st"="ja"}`, at)).toEqual([
      { metric: oddLabels, value: '10' },
    ]);
    expect(await gateway.query(`sum by ("ключ", "🛰") ({${quoted}})`, at)).toEqual([
      { metric: { ключ: 'значение', '🛰': 'up\nlink' }, value: '10' },
    ]);
    expect(await gateway.query(`count_over_time({${quoted}}[15m])`, at)).toMatchObject([{ value: '11' }]);
    expect(await get('series', { 'match[]': `{${quoted}}`, ...range })).toEqual([oddLabels]);
    expect(await get('labels', range)).toEqual(expect.arrayContaining(Object.keys(oddLabels)));
    expect(await get('label/__name__/values', range)).toContain(name);
    // A name that is none in a path is escaped, as Prometheus does it.
    expect(await get('label/U__service_2e_name/values', range)).toEqual(['lager \\ "A"']);
    expect(await get('metadata', { metric: name })).toEqual({ [name]: [{ type: 'gauge', help: 'Odd.', unit: '' }] });
  });

  it.each(['native', 'float'])('histograms (%s) answer what classic ones do', async (job) => {
    const buckets = await gateway.query(`took_seconds_bucket{job="${job}"}`, at);
    expect(buckets.map(({ metric, value }) => [metric.le, value]).sort()).toEqual([
      ['+Inf', '1000'],
      ['0.5', '0'],
      ['1.0', '900'],
      ['2.0', '900'],
      ['4.0', '900'],
      ['8.0', '1000'],
    ]);
    const quantile = (q: number) =>
      gateway.query(`histogram_quantile(${q}, sum by (le) (rate(took_seconds_bucket{job="${job}"}[5m])))`, at);
    expect(Number((await quantile(0.45))[0]?.value)).toBeCloseTo(0.75, 9);
    expect(Number((await quantile(0.95))[0]?.value)).toBeCloseTo(6, 9);
    expect(await gateway.query(`took_seconds_sum{job="${job}"} / took_seconds_count`, at)).toMatchObject([
      { value: '1.2' },
    ]);
  });

  it('exemplars, for whoever asks for the series that they belong to', async () => {
    const query = 'histogram_quantile(0.9, sum by (le) (rate(took_seconds_bucket[5m])))';
    expect(await get('query_exemplars', { query, ...range })).toEqual([
      {
        seriesLabels: { __name__: 'took_seconds_bucket', job: 'native' },
        exemplars: [{ labels: { trace_id: 'abc' }, value: '6.5', timestamp: at }],
      },
    ]);
    expect(await get('query_exemplars', { query: 'other', ...range })).toEqual([]);
  });
});
