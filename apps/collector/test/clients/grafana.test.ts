import { request } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type GatewayProcess, startGateway, waitFor } from '../gateway-process.ts';
import { seed } from './seed.ts';

/** What Grafana sends with every request of a Prometheus data source. */
const grafanaHeaders = {
  'user-agent': 'Grafana/12.1.0',
  'accept-encoding': 'gzip',
  'x-datasource-uid': 'binnacle',
  'x-dashboard-uid': 'gpus',
  'x-dashboard-title': 'GPUs',
  'x-panel-id': '2',
  'x-panel-plugin-id': 'timeseries',
  'x-grafana-org-id': '1',
};
const form = { 'content-type': 'application/x-www-form-urlencoded' };

/**
 * The requests of Grafana's Prometheus data source, written down from its source (`pkg/promlib/client/client.go`,
 * `packages/grafana-prometheus/src/resource_clients.ts`): paths, methods, order and form of parameters.
 */
describe('a Prometheus data source of Grafana', () => {
  let gateway: GatewayProcess;
  let times: { fromMs: number; toMs: number };
  let range: { start: string; end: string };

  async function send(method: string, path: string, parameters: Record<string, string>, asForm = method === 'POST') {
    const encoded = new URLSearchParams(parameters).toString();
    const url = asForm || encoded === '' ? `${gateway.url}${path}` : `${gateway.url}${path}?${encoded}`;
    return new Promise<{ status: number; headers: Record<string, unknown>; body: unknown }>((resolve, reject) => {
      const asked = request(
        url,
        { method, headers: { ...grafanaHeaders, ...(asForm ? form : {}) } },
        async (answer) => {
          const chunks: Buffer[] = [];
          for await (const chunk of answer) chunks.push(chunk as Buffer);
          const bytes = Buffer.concat(chunks);
          const text = (answer.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes).toString();
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: JSON.parse(text) });
        },
      );
      asked.on('error', reject);
      asked.end(asForm ? encoded : undefined);
    });
  }
  const success = (data: unknown) => ({ status: 200, body: { status: 'success', data } });
  const post = (path: string, parameters: Record<string, string>) => send('POST', path, parameters);
  const get = (path: string, parameters: Record<string, string> = {}) => send('GET', path, parameters);

  beforeAll(async () => {
    gateway = await startGateway('receivers:\n  remote-write: {}\n', undefined, undefined, true);
    times = await seed(gateway);
    range = { start: `${times.fromMs / 1000}`, end: `${times.toMs / 1000}` };
  });
  afterAll(() => gateway?.stop());

  it('checks its health with 1+1 in 1970', async () => {
    expect(await post('/api/v1/query', { query: '1+1', time: '4' })).toMatchObject(
      success({ resultType: 'scalar', result: [4, '2'] }),
    );
  });

  it('takes us for a Prometheus: a version, and no features, which would mean Mimir', async () => {
    const answer = await get('/api/v1/status/buildinfo');
    expect(answer).toMatchObject(success({ version: expect.stringMatching(/^[23]\.\d+\.\d+$/) }));
    expect((answer.body as { data: object }).data).not.toHaveProperty('features');
  });

  it.each(['POST', 'GET'])('draws a panel by %s, with a step and times of any fraction', async (method) => {
    const start = times.fromMs / 1000 + 0.123;
    const asked = {
      query: 'max by(hostname) (gpu_temp)',
      start: `${start}`,
      end: `${start + 600}`,
      step: '0.5',
      timeout: '60s',
    };
    const answer = await send(method, '/api/v1/query_range', asked);
    expect(answer.headers['content-encoding']).toBe('gzip');
    const { data } = answer.body as { data: { resultType: string; result: { metric: object; values: unknown[] }[] } };
    expect(data.resultType).toBe('matrix');
    expect(data.result.map(({ metric }) => metric)).toEqual([{ hostname: 'node-1' }, { hostname: 'node-2' }]);
    expect(data.result[0]?.values).toHaveLength(1201);
    expect(data.result[0]?.values.slice(0, 2)).toEqual([
      [Math.round(start * 1000) / 1000, '75'],
      [Math.round(start * 1000 + 500) / 1000, '75'],
    ]);
  });

  it('asks a table or an alert rule for one moment', async () => {
    const asked = { query: 'topk(2, gpu_temp{job=~"dcgm|other"})', time: range.end, timeout: '30s' };
    const answer = await post('/api/v1/query', asked);
    expect(answer).toMatchObject(
      success({
        resultType: 'vector',
        result: [
          {
            metric: { __name__: 'gpu_temp', gpu: '3', hostname: 'node-2', job: 'dcgm' },
            value: [times.toMs / 1000, '95'],
          },
          { metric: { gpu: '2' }, value: [times.toMs / 1000, '90'] },
        ],
      }),
    );
  });

  it('gets the infos and warnings of a query', async () => {
    expect(
      (await post('/api/v1/query_range', { query: 'rate(gpu_temp[5m])', ...range, step: '60' })).body,
    ).toMatchObject({
      infos: [expect.stringContaining('metric might not be a counter, name does not end in')],
    });
  });

  it('asks for exemplars, which we have none of', async () => {
    expect(await post('/api/v1/query_exemplars', { query: 'gpu_energy_joules_total', ...range })).toMatchObject(
      success([]),
    );
  });

  it('fills its metric browser', async () => {
    const limit = '40000';
    expect(await get('/api/v1/label/__name__/values', { limit, ...range })).toMatchObject(
      success(expect.arrayContaining(['gpu_energy_joules_total', 'gpu_temp', 'jobs'])),
    );
    expect(await post('/api/v1/labels', { limit, ...range, 'match[]': '{__name__="gpu_temp"}' })).toMatchObject(
      success(['__name__', 'gpu', 'hostname', 'job']),
    );
    expect(await get('/api/v1/labels', { limit, ...range, 'match[]': 'jobs{}' })).toMatchObject(
      success(['__name__', 'service_name']),
    );
    expect(
      await post('/api/v1/series', { ...range, 'match[]': '{__name__="gpu_temp",gpu!=""}', limit: '3' }),
    ).toMatchObject({
      body: { data: [{ __name__: 'gpu_temp' }, {}, {}], warnings: ['results truncated due to limit'] },
    });
    expect(await post('/api/v1/series', { ...range, 'match[]': '{__name__!=""}', limit })).toMatchObject({
      body: { status: 'success', data: expect.arrayContaining([{ __name__: 'jobs', service_name: 'nœud' }]) },
    });
  });

  it('fills a variable: label_values(gpu_temp{hostname="node-2"}, gpu), and one by an escaped name', async () => {
    const asked = { ...range, 'match[]': 'gpu_temp{hostname="node-2"}', limit: '40000' };
    expect(await get('/api/v1/label/gpu/values', asked)).toMatchObject(success(['0', '1', '2', '3']));
    expect(await get('/api/v1/label/U__service__name/values', range)).toMatchObject(success(['nœud']));
  });

  it('fills a variable: query_result and metrics()', async () => {
    expect(await get('/api/v1/query', { query: 'count by (hostname) (gpu_temp)', time: range.end })).toMatchObject(
      success({ resultType: 'vector', result: [{ value: [times.toMs / 1000, '4'] }, {}] }),
    );
  });

  it('explains metrics and hints at counters by their metadata', async () => {
    expect(await get('/api/v1/metadata', { limit: '40000' })).toMatchObject(
      success({
        gpu_temp: [{ type: 'gauge', help: 'Temperature of the GPU.', unit: 'celsius' }],
        gpu_energy_joules: [{ type: 'counter' }],
      }),
    );
    expect(await get('/api/v1/metadata', { metric: 'gpu_temp' })).toMatchObject(
      success({ gpu_temp: [{ type: 'gauge' }] }),
    );
  });

  it('lists rules and alerts', async () => {
    const rules = await waitFor('the rules', async () => {
      const answer = await get('/api/v1/rules');
      return answer.status === 200 && answer;
    });
    expect(rules).toMatchObject(
      success({ groups: expect.arrayContaining([expect.objectContaining({ name: expect.any(String) })]) }),
    );
    expect(await get('/api/v1/alerts')).toMatchObject(success({ alerts: expect.any(Array) }));
  });

  it('shows what is wrong with a query', async () => {
    const wrong = { query: 'rate(gpu_temp)', ...range, step: '15' };
    for (const method of ['POST', 'GET']) {
      expect(await send(method, '/api/v1/query_range', wrong)).toMatchObject({
        status: 400,
        body: { status: 'error', errorType: 'bad_data', error: expect.stringContaining('expected type range vector') },
      });
    }
    expect((await post('/api/v1/query', { query: 'gpu_temp + on () gpu_temp', time: range.end })).body).toMatchObject({
      errorType: 'execution',
    });
  });
});
