import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { get } from 'node:http';
import { promisify } from 'node:util';
import type { Engine } from '@binnacle/promql/engine/engine.ts';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import type { FastifyInstance } from 'fastify';
import { describe, expect, test } from 'vitest';
import { now, openApi as open } from './open-api.ts';
import type { AlertingRuleAnswer } from './rule-answers.ts';

const seconds = now / 1000;

async function ask(app: FastifyInstance, url: string): Promise<{ status: number; body: unknown }> {
  const answer = await app.inject(url);
  expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
  return { status: answer.statusCode, body: answer.json() };
}

describe('query', () => {
  test('an instant vector, at the time of the server', async () => {
    expect(await ask(await open(), '/api/v1/query?query=gpu_util')).toEqual({
      status: 200,
      body: {
        status: 'success',
        data: {
          resultType: 'vector',
          result: [
            { metric: { __name__: 'gpu_util', gpu: '0', hostname: 'n1' }, value: [seconds, '0.5'] },
            { metric: { __name__: 'gpu_util', gpu: '1', hostname: 'n1' }, value: [seconds, '10.5'] },
            { metric: { __name__: 'gpu_util', gpu: '2', hostname: 'n1' }, value: [seconds, '+Inf'] },
          ],
        },
      },
    });
  });

  test('the same by a form', async () => {
    const app = await open();
    const answer = await app.inject({
      method: 'POST',
      url: '/api/v1/query',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      payload: new URLSearchParams({ query: 'sum(gpu_util{gpu!="2"})', time: '2026-01-01T12:00:00.000Z' }).toString(),
    });
    expect(answer.json()).toMatchObject({ data: { result: [{ metric: {}, value: [seconds, '11'] }] } });
  });

  test('times as seconds with a fraction, and RFC 3339 with a zone', async () => {
    const app = await open();
    const at = async (time: string) =>
      (await ask(app, `/api/v1/query?query=time()&time=${encodeURIComponent(time)}`)).body;
    const scalar = (time: number, value: string) => ({
      status: 'success',
      data: { resultType: 'scalar', result: [time, value] },
    });
    expect(await at('1435781430.781')).toEqual(scalar(1435781430.781, '1435781430.781'));
    expect(await at('2026-01-01T13:00:00+01:00')).toEqual(scalar(seconds, `${seconds}`));
  });

  test('limit, stats, warnings and infos', async () => {
    const app = await open();
    const { body } = await ask(app, '/api/v1/query?query=rate(gpu_util[5m])&limit=1&stats=all');
    expect(body).toMatchObject({
      status: 'success',
      data: { result: [{}], stats: { samples: { samplesRead: 15 } } },
      warnings: ['results truncated due to limit'],
      infos: [expect.stringContaining('metric might not be a counter')],
    });
  });

  test.each([
    ['query=sum(', 'invalid parameter "query": 1:5: parse error: unexpected end of input: "(" is not closed'],
    ['', 'invalid parameter "query": it is missing'],
    ['query=1&time=soon', 'invalid parameter "time": cannot parse "soon" to a valid timestamp'],
    ['query=1&timeout=1x', 'invalid parameter "timeout": cannot parse "1x" to a valid duration'],
    ['query=1&limit=-1', 'invalid parameter "limit": limit must be a number that is not negative'],
  ])('%s is bad data', async (parameters, error) => {
    expect(await ask(await open(), `/api/v1/query?${parameters}`)).toEqual({
      status: 400,
      body: { status: 'error', errorType: 'bad_data', error },
    });
  });

  test.each([
    ['query_failed', 422, 'execution'],
    ['query_limit', 422, 'execution'],
    ['query_timeout', 503, 'timeout'],
    ['query_canceled', 499, 'canceled'],
    ['store_unavailable', 503, 'unavailable'],
    ['internal', 500, 'internal'],
  ] as const)('%s is %i %s', async (code, status, errorType) => {
    const fails = () => Promise.reject(new BinnacleError(code, 'because'));
    const app = await open({ engine: { instant: fails, range: fails, explain: fails } });
    expect(await ask(app, '/api/v1/query?query=1')).toEqual({
      status,
      body: { status: 'error', errorType, error: 'because' },
    });
  });

  test('what nobody foresaw keeps its text to itself', async () => {
    const fails = () => Promise.reject(new Error('secret'));
    const { status, body } = await ask(
      await open({ engine: { instant: fails, range: fails, explain: fails } }),
      '/api/v1/query?query=1',
    );
    expect(status).toBe(500);
    expect(JSON.stringify(body)).not.toContain('secret');
  });
});

describe('query_range', () => {
  test('a matrix', async () => {
    const url = `/api/v1/query_range?query=gpu_util{gpu="1"}&start=${seconds - 120}&end=${seconds}&step=1m`;
    expect((await ask(await open(), url)).body).toEqual({
      status: 'success',
      data: {
        resultType: 'matrix',
        result: [
          {
            metric: { __name__: 'gpu_util', gpu: '1', hostname: 'n1' },
            values: [
              [seconds - 120, '10.5'],
              [seconds - 60, '10.5'],
              [seconds, '10.5'],
            ],
          },
        ],
      },
    });
  });

  test.each([
    [`start=${seconds}&end=${seconds + 1}`, 'invalid parameter "step": it is missing'],
    [
      `start=${seconds}&end=${seconds - 1}&step=1`,
      'invalid parameter "end": end timestamp must not be before start time',
    ],
    [
      `start=0&end=${seconds}&step=0`,
      'invalid parameter "step": zero or negative query resolution step widths are not accepted. Try a positive integer',
    ],
    [
      `start=0&end=${seconds}&step=1`,
      'exceeded maximum resolution of 11000 points per timeseries. Try decreasing the query resolution (?step=XX)',
    ],
  ])('%s is bad data', async (parameters, error) => {
    const { status, body } = await ask(await open(), `/api/v1/query_range?query=up&${parameters}`);
    expect(status).toBe(400);
    expect(body).toEqual({ status: 'error', errorType: 'bad_data', error });
  });

  test('a large matrix comes as a stream, whole', async () => {
    const url = `/api/v1/query_range?query=vector(time())%20or%20gpu_util&start=${seconds - 10_000}&end=${seconds}&step=1`;
    const answer = await (await open()).inject(url);
    expect(answer.headers['content-length']).toBeUndefined();
    const { data } = answer.json() as { data: { result: { values: unknown[] }[] } };
    expect(data.result[0]?.values).toHaveLength(10_001);
  });
});

test('a query ends when its client goes away', async () => {
  const started = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<string>();
  const engine: Engine = {
    instant: ({ signal }) =>
      new Promise((_resolve, reject) => {
        started.resolve();
        signal?.addEventListener('abort', () => {
          ended.resolve('ended');
          reject(new BinnacleError('query_canceled', 'the query was canceled'));
        });
      }),
    range: () => Promise.reject(new Error('not asked')),
    explain: () => Promise.reject(new Error('not asked')),
  };
  const app = await open({ engine });
  const url = await app.listen({ port: 0, host: '127.0.0.1' });
  const request = get(`${url}/api/v1/query?query=up`);
  request.on('error', () => undefined);
  await started.promise;
  request.destroy();
  expect(await ended.promise).toBe('ended');
});

describe('what there is', () => {
  test('series', async () => {
    const app = await open();
    const { body } = await ask(app, '/api/v1/series?match[]=gpu_util{gpu="0"}&match[]={gpu=~"0|1"}');
    expect(body).toEqual({
      status: 'success',
      data: [
        { __name__: 'gpu_util', gpu: '0', hostname: 'n1' },
        { __name__: 'gpu_util', gpu: '1', hostname: 'n1' },
      ],
    });
    expect((await ask(app, '/api/v1/series?match[]=gpu_util&limit=2')).body).toMatchObject({
      data: [{ gpu: '0' }, { gpu: '1' }],
      warnings: ['results truncated due to limit'],
    });
    expect((await ask(app, `/api/v1/series?match[]=gpu_util&end=${seconds - 7200}`)).body).toEqual({
      status: 'success',
      data: [],
    });
  });

  test.each(['', 'match[]=rate(a[5m])', 'match[]={gpu=""}', 'match[]=up[5m]', 'match[]={'])(
    'series?%s is bad data',
    async (parameters) => {
      expect(await ask(await open(), `/api/v1/series?${parameters}`)).toMatchObject({
        status: 400,
        body: { errorType: 'bad_data' },
      });
    },
  );

  test('labels and their values', async () => {
    const app = await open();
    expect((await ask(app, '/api/v1/labels')).body).toEqual({
      status: 'success',
      data: ['__name__', 'gpu', 'hostname'],
    });
    expect((await ask(app, '/api/v1/labels?match[]=none')).body).toEqual({ status: 'success', data: [] });
    expect((await ask(app, '/api/v1/label/gpu/values')).body).toEqual({ status: 'success', data: ['0', '1', '2'] });
    expect((await ask(app, '/api/v1/label/gpu/values?match[]=gpu_util{gpu!="1"}&limit=1')).body).toEqual({
      status: 'success',
      data: ['0'],
      warnings: ['results truncated due to limit'],
    });
  });

  test('metadata, format_query, buildinfo', async () => {
    const app = await open();
    const known = { gpu_util: [{ type: 'gauge', help: 'Utilization.', unit: 'percent' }] };
    expect((await ask(app, '/api/v1/metadata')).body).toEqual({ status: 'success', data: known });
    expect((await ask(app, '/api/v1/metadata?metric=other')).body).toEqual({ status: 'success', data: {} });
    expect((await ask(app, '/api/v1/format_query?query=sum(up)by(job)')).body).toEqual({
      status: 'success',
      data: 'sum by (job) (up)',
    });
    expect((await ask(app, '/api/v1/status/buildinfo')).body).toMatchObject({
      data: { version: expect.stringMatching(/^\d/) },
    });
  });
});

describe('rules and alerts', () => {
  const rule: AlertingRuleAnswer = {
    type: 'alerting',
    name: 'Hot',
    query: 'gpu_temp > 90',
    state: 'inactive',
    duration: 60,
    keepFiringFor: 0,
    labels: {},
    annotations: {},
    alerts: [],
    health: 'ok',
    evaluationTime: 0.001,
    lastEvaluation: '2026-01-01T12:00:00.000Z',
  };
  const group = {
    name: 'gpus',
    file: 'binnacle',
    interval: 30,
    limit: 0,
    evaluationTime: 0,
    lastEvaluation: rule.lastEvaluation,
  };
  const alerts = () => ({
    rulesAnswer: async () => ({ groups: [{ ...group, rules: [rule] }] }),
    alertsAnswer: async () => ({ alerts: [] }),
  });

  test('as they are handed in, filtered', async () => {
    const app = await open({ alerts });
    expect((await ask(app, '/api/v1/rules')).body).toMatchObject({ data: { groups: [{ rules: [{ name: 'Hot' }] }] } });
    expect((await ask(app, '/api/v1/rules?type=alert&rule_name[]=Hot')).body).toMatchObject({ data: { groups: [{}] } });
    expect((await ask(app, '/api/v1/rules?type=record')).body).toEqual({ status: 'success', data: { groups: [] } });
    expect((await ask(app, '/api/v1/rules?rule_group[]=other')).body).toEqual({
      status: 'success',
      data: { groups: [] },
    });
    expect((await ask(app, '/api/v1/rules?type=x')).status).toBe(400);
    expect((await ask(app, '/api/v1/alerts')).body).toEqual({ status: 'success', data: { alerts: [] } });
  });

  test('unknown is not none', async () => {
    const app = await open({ alerts: () => undefined });
    expect(await ask(app, '/api/v1/alerts')).toMatchObject({ status: 503, body: { errorType: 'unavailable' } });
    expect(await ask(app, '/api/v1/rules')).toMatchObject({ status: 503, body: { errorType: 'unavailable' } });
  });
});

describe.skipIf(!existsSync('/usr/bin/promtool'))('promtool is a client', () => {
  const run = promisify(execFile);

  test('query instant, range, series and labels', async () => {
    const app = await open();
    const url = await app.listen({ port: 0, host: '127.0.0.1' });
    const promtool = async (...args: string[]) => (await run('promtool', ['query', ...args])).stdout;
    expect(await promtool('instant', `--time=${seconds}`, url, 'max(gpu_util offset 1m)')).toMatch(
      /^\{\} => 20\.5 @\[/,
    );
    const range = [`--start=${seconds - 60}`, `--end=${seconds}`, '--step=60s'];
    expect(await promtool('range', ...range, url, 'gpu_util{gpu="1"}')).toContain(`10.5 @[${seconds}]`);
    expect(await promtool('labels', `--start=${seconds - 60}`, `--end=${seconds}`, url, 'gpu')).toBe('0\n1\n2\n');
    expect(await promtool('series', '--match=gpu_util', `--start=${seconds - 60}`, `--end=${seconds}`, url)).toContain(
      'hostname="n1"',
    );
    await expect(promtool('instant', url, 'sum(')).rejects.toThrow(/bad_data: invalid parameter "query": 1:5/);
  });
});
