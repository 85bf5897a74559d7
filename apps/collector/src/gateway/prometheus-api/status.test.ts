import { everyFeature } from '@binnacle/promql/language/features.ts';
import { MemoryReader } from '@binnacle/promql/storage/memory.ts';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import { labelsFromObject } from '@binnacle/shared/telemetry/labels.ts';
import { SampleBatch } from '@binnacle/shared/telemetry/sample-batch.ts';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { SourceStatus } from '../../receivers/receiver.ts';
import { unescapeName } from './escaped-name.ts';
import { gpus, now, openApi, server } from './open-api.ts';
import type { AlertingRuleAnswer, RecordingRuleAnswer, RuleGroupAnswer } from './rule-answers.ts';
import { shownConfig } from './shown-config.ts';

async function data(url: string, options: Parameters<typeof openApi>[0] = {}): Promise<unknown> {
  const answer = await (await openApi(options)).inject(url);
  const body = answer.json() as { status: string; data?: unknown; error?: string };
  return body.status === 'success' ? body.data : `${answer.statusCode} ${body.error}`;
}

describe('targets', () => {
  const scraped: SourceStatus = {
    receiver: 'scrape',
    source: 'dcgm/node-1:9400',
    cluster: 'a',
    state: 'up',
    lastSampleAt: now,
    lastError: null,
    address: 'http://node-1:9400/metrics',
    intervalSeconds: 15,
  };
  const sources = (): SourceStatus[] => [
    { ...scraped, source: 'vllm/m:8000', state: 'down', lastSampleAt: null, lastError: 'refused', cluster: '' },
    scraped,
    { ...scraped, receiver: 'nccl', source: 'runs', address: '/var/log/nccl', state: 'waiting', lastSampleAt: null },
    { ...scraped, receiver: 'remote-write', source: 'prometheus', intervalSeconds: null },
    { ...scraped, receiver: 'mcp', source: 'files', state: 'consent' },
  ];
  const api = { server: { ...server, sources } };

  test('are the sources that are asked; what is not known of them is not 0', async () => {
    expect(await data('/api/v1/targets', api)).toEqual({
      activeTargets: [
        {
          discoveredLabels: {
            __address__: 'node-1:9400',
            __metrics_path__: '/metrics',
            __scheme__: 'http',
            __scrape_interval__: '15s',
            job: 'dcgm',
          },
          labels: { cluster: 'a', instance: 'node-1:9400', job: 'dcgm' },
          scrapePool: 'dcgm',
          scrapeUrl: 'http://node-1:9400/metrics',
          globalUrl: 'http://node-1:9400/metrics',
          lastError: '',
          lastScrape: '2026-01-01T12:00:00.000Z',
          health: 'up',
          scrapeInterval: '15s',
        },
        expect.objectContaining({
          discoveredLabels: { __address__: '/var/log/nccl', __scrape_interval__: '15s', job: 'nccl' },
          labels: { cluster: 'a', instance: 'runs', job: 'nccl' },
          health: 'unknown',
          lastScrape: '0001-01-01T00:00:00Z',
        }),
        expect.objectContaining({
          labels: { instance: 'm:8000', job: 'vllm' },
          scrapePool: 'vllm',
          health: 'down',
          lastError: 'refused',
        }),
      ],
      droppedTargets: [],
      droppedTargetCounts: {},
    });
  });

  test('by state and pool', async () => {
    expect(await data('/api/v1/targets?state=dropped', api)).toMatchObject({ activeTargets: [] });
    expect(await data('/api/v1/targets?state=ACTIVE&scrapePool=vllm', api)).toMatchObject({
      activeTargets: [{ scrapePool: 'vllm' }],
    });
    expect(await data('/api/v1/scrape_pools', api)).toEqual({ scrapePools: ['dcgm', 'nccl', 'vllm'] });
    expect(await data('/api/v1/alertmanagers', api)).toEqual({ activeAlertmanagers: [], droppedAlertmanagers: [] });
  });

  test('with their labels before relabelling and what was dropped, where the receiver finds them itself', async () => {
    const target = {
      pool: 'pods',
      discoveredLabels: { __address__: '10.0.0.1:80', __meta_kubernetes_pod_name: 'm-0' },
      labels: { instance: '10.0.0.1:80', job: 'other' },
      url: 'http://10.0.0.1:80/metrics?a=b',
      health: 'up' as const,
      lastError: null,
      lastScrapeAt: now,
      lastScrapeSeconds: 0.25,
      intervalSeconds: 90,
      timeoutSeconds: 10,
    };
    const targets = () =>
      new Map([
        [
          'scrape',
          {
            pools: ['pods', 'empty'],
            active: [
              target,
              { ...target, pool: 'late', health: 'unknown' as const, lastScrapeAt: null, lastScrapeSeconds: null },
            ],
            dropped: [{ pool: 'pods', discoveredLabels: { __address__: 'x' } }],
            droppedCounts: { pods: 1200, empty: 0 },
          },
        ],
      ]);
    const asked = { server: { ...server, sources, targets } };
    expect(await data('/api/v1/targets?scrapePool=pods', asked)).toEqual({
      activeTargets: [
        {
          discoveredLabels: target.discoveredLabels,
          labels: target.labels,
          scrapePool: 'pods',
          scrapeUrl: target.url,
          globalUrl: target.url,
          lastError: '',
          lastScrape: '2026-01-01T12:00:00.000Z',
          lastScrapeDuration: 0.25,
          health: 'up',
          scrapeInterval: '1m30s',
          scrapeTimeout: '10s',
        },
      ],
      droppedTargets: [{ discoveredLabels: { __address__: 'x' }, scrapePool: 'pods' }],
      droppedTargetCounts: { pods: 1200 },
    });
    const all = (await data('/api/v1/targets?state=active', asked)) as { activeTargets: object[]; droppedTargets: [] };
    expect(all.droppedTargets).toEqual([]);
    expect(all.activeTargets.map((one) => (one as { scrapePool: string }).scrapePool)).toEqual([
      'late',
      'nccl',
      'pods',
    ]);
    expect(all.activeTargets[0]).not.toHaveProperty('lastScrapeDuration');
    expect(await data('/api/v1/scrape_pools', asked)).toEqual({ scrapePools: ['empty', 'nccl', 'pods'] });
  });

  test('and their metadata: a family belongs to the targets that have a series of it', async () => {
    const reader = new MemoryReader();
    const batch = new SampleBatch();
    const [up] = sources().slice(1);
    for (const [name, instance] of [
      ['gpu_util', 'node-1:9400'],
      ['xid_errors_total', 'node-1:9400'],
      ['gpu_util', 'other'],
    ] as const) {
      const labels = labelsFromObject({ __name__: name, cluster: 'a', instance, job: 'dcgm' });
      batch.append(batch.addSeries(labels), now - 1000, 1);
    }
    for (const family of ['gpu_util', 'xid_errors', 'unseen']) {
      batch.metadata.push({ family, type: 'gauge', help: `${family}.`, unit: '' });
    }
    reader.append(batch);
    const asked = { reader, server: { ...server, sources: () => [up as SourceStatus] } };
    const target = { cluster: 'a', instance: 'node-1:9400', job: 'dcgm' };
    const gpu = { target, metric: 'gpu_util', type: 'gauge', help: 'gpu_util.', unit: '' };
    expect(await data('/api/v1/targets/metadata', asked)).toEqual([
      gpu,
      { ...gpu, metric: 'xid_errors', help: 'xid_errors.' },
    ]);
    expect(await data('/api/v1/targets/metadata?metric=gpu_util&match_target={job=~"d.*"}', asked)).toEqual([gpu]);
    expect(await data('/api/v1/targets/metadata?match_target={job="vllm"}', asked)).toEqual([]);
    expect(await data('/api/v1/targets/metadata?limit=1', asked)).toEqual([gpu]);
    expect(await data('/api/v1/targets/metadata?match_target={', asked)).toMatch(/^400/);
  });
});

describe('status', () => {
  test('of the process', async () => {
    expect(await data('/api/v1/status/runtimeinfo')).toMatchObject({
      startTime: '2026-01-01T11:59:00.000Z',
      serverTime: '2026-01-01T12:00:00.000Z',
      reloadConfigSuccess: true,
      storageRetention: '30d',
    });
    expect(await data('/api/v1/status/flags')).toEqual({ 'query.timeout': '60s' });
    expect(await data('/api/v1/status/buildinfo')).toMatchObject({ version: '3.14.0' });
    expect(await data('/api/v1/status/walreplay')).toEqual({ min: 0, max: 0, current: 0 });
  });

  test('of the store: where its series are', async () => {
    expect(await data('/api/v1/status/tsdb?limit=2')).toEqual({
      headStats: { numSeries: 3, numLabelPairs: 5 },
      seriesCountByMetricName: [{ name: 'gpu_util', value: 3 }],
      labelValueCountByLabelName: [
        { name: 'gpu', value: 3 },
        { name: '__name__', value: 1 },
      ],
      memoryInBytesByLabelName: [
        { name: '__name__', value: 24 },
        { name: 'hostname', value: 6 },
      ],
      seriesCountByLabelValuePair: [
        { name: '__name__=gpu_util', value: 3 },
        { name: 'hostname=n1', value: 3 },
      ],
    });
    expect(await data('/api/v1/status/tsdb?limit=10001')).toMatch(/^400 limit must not exceed/);
  });

  test('of the language: experimental parts where they are on', async () => {
    const off = { limitk: false, sum: true, unless: true };
    expect(await data('/api/v1/features')).toMatchObject({
      promql: { anchored: false, fill: false, subqueries: true },
      promql_functions: { rate: true, info: false, histogram_count: false },
      promql_operators: off,
    });
    expect(await data('/api/v1/features', { features: everyFeature })).toMatchObject({
      promql: { anchored: true, fill: true },
      promql_functions: { info: true, histogram_count: false },
      promql_operators: { ...off, limitk: true },
    });
  });

  test('healthy, and ready as long as the store answers', async () => {
    const away = async () => {
      throw new BinnacleError('store_unavailable', 'the store is away');
    };
    expect((await (await openApi()).inject('/-/healthy')).statusCode).toBe(200);
    expect((await (await openApi()).inject('/-/ready')).statusCode).toBe(200);
    expect((await (await openApi({ server: { ...server, ready: away } })).inject('/-/ready')).statusCode).toBe(503);
  });
});

describe('the config that is shown', () => {
  test('tells numbers and names, and no other text', () => {
    const secret = 's3cret-value';
    const yaml = shownConfig({
      limits: { retentionDays: 30 },
      gateway: {
        host: '127.0.0.1',
        apiKey: secret,
        databaseUrl: `postgres://u:${secret}@h/d`,
        externalUrl: 'http://x',
      },
      receivers: {
        scrape: {
          jobs: [
            {
              job: 'dcgm',
              intervalSeconds: 15,
              targets: [`http://h/?token=${secret}`],
              bearerToken: secret,
              tls: true,
            },
          ],
        },
        mcp: {
          servers: [{ name: 'files', command: ['npx', secret], env: { name: secret }, model: { nested: secret } }],
        },
      },
    });
    expect(yaml).not.toContain(secret);
    expect(parse(yaml)).toMatchObject({
      limits: { retentionDays: 30 },
      gateway: { host: '127.0.0.1', apiKey: '<hidden>', externalUrl: '<hidden>' },
      receivers: { scrape: { jobs: [{ job: 'dcgm', intervalSeconds: 15, tls: true, bearerToken: '<hidden>' }] } },
    });
  });
});

describe('rules', () => {
  const alerting: AlertingRuleAnswer = {
    type: 'alerting',
    name: 'Hot',
    query: 'x > 90',
    state: 'firing',
    duration: 60,
    keepFiringFor: 0,
    labels: { severity: 'page' },
    annotations: {},
    alerts: [{ labels: {}, annotations: {}, state: 'firing', activeAt: '2026-01-01T12:00:00Z', value: '91' }],
    health: 'ok',
    evaluationTime: 0,
    lastEvaluation: '2026-01-01T12:00:00Z',
  };
  const recording: RecordingRuleAnswer = {
    type: 'recording',
    name: 'x:sum',
    query: 'sum(x)',
    labels: {},
    health: 'ok',
    evaluationTime: 0,
    lastEvaluation: '2026-01-01T12:00:00Z',
  };
  const group = (name: string, rules: RuleGroupAnswer['rules']): RuleGroupAnswer => ({
    name,
    file: 'f',
    rules,
    interval: 30,
    limit: 0,
    evaluationTime: 0,
    lastEvaluation: alerting.lastEvaluation,
  });
  const groups = [group('a', [alerting]), group('b', [recording]), group('c', [alerting, recording])];
  const alerts = () => ({ rulesAnswer: async () => ({ groups }), alertsAnswer: async () => ({ alerts: [] }) });
  const names = async (parameters: string) => {
    const answer = await data(`/api/v1/rules?${parameters}`, { alerts });
    if (typeof answer === 'string') return answer;
    return (answer as { groups: RuleGroupAnswer[] }).groups.map((one) => [
      one.name,
      one.rules.map((rule) => rule.type),
    ]);
  };

  test('by their labels, without their alerts', async () => {
    expect(await names('match[]={severity="page"}')).toEqual([
      ['a', ['alerting']],
      ['c', ['alerting']],
    ]);
    expect(await data('/api/v1/rules?exclude_alerts=true&rule_group[]=a', { alerts })).toMatchObject({
      groups: [{ rules: [{ alerts: [] }] }],
    });
    expect(await names('exclude_alerts=perhaps')).toMatch(/^400 invalid parameter "exclude_alerts"/);
  });

  test('page by page', async () => {
    const first = (await data('/api/v1/rules?group_limit=2', { alerts })) as { groupNextToken: string };
    expect(first).toMatchObject({ groups: [{ name: 'a' }, { name: 'b' }], groupNextToken: expect.any(String) });
    expect(await data(`/api/v1/rules?group_limit=2&group_next_token=${first.groupNextToken}`, { alerts })).toEqual({
      groups: [groups[2]],
    });
    expect(await names('group_limit=2&group_next_token=x')).toMatch(/were rule groups changed/);
    expect(await names('group_next_token=x')).toMatch(/group_limit needs to be present/);
    expect(await names('group_limit=0')).toMatch(/greater than 0/);
  });
});

describe('parameters', () => {
  test.each([
    ['plain', 'plain'],
    ['U__service_2e_name', 'service.name'],
    ['U__a__b', 'a_b'],
    ['U__n_153_ud', 'nœud'],
    ['U__a_b', 'U__a_b'],
    ['U__a_d800_', 'U__a_d800_'],
    ['U__a_110000_', 'U__a_110000_'],
    ['U__a_', 'U__a_'],
  ])('%s is the label %s', (text, name) => {
    expect(unescapeName(text)).toBe(name);
  });

  test('label values under an escaped name', async () => {
    expect(await data('/api/v1/label/U__gpu/values')).toEqual(['0', '1', '2']);
  });

  test('a form goes before the URL', async () => {
    const answer = await (await openApi()).inject({
      method: 'POST',
      url: '/api/v1/query?query=2&time=5',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      payload: 'query=1',
    });
    expect(answer.json()).toMatchObject({ data: { result: [5, '1'] } });
  });

  test.each(['', '{"query":"2"}'])('a body that is no form is not looked at: %j', async (payload) => {
    const headers = { 'content-type': 'application/json' };
    const answer = await (await openApi()).inject({
      method: 'POST',
      url: '/api/v1/query?query=1&time=5',
      headers,
      payload,
    });
    expect(answer.json()).toMatchObject({ data: { result: [5, '1'] } });
  });

  test('the ends of time, as clients spell them', async () => {
    const ends = 'start=-292273086-05-16T16:47:06Z&end=292277025-08-18T07:12:54.999999999Z';
    expect(await data(`/api/v1/label/gpu/values?${ends}`)).toEqual(['0', '1', '2']);
  });

  test('exemplars: none are kept, and the question is checked', async () => {
    expect(await data('/api/v1/query_exemplars?query=up&start=1&end=2')).toEqual([]);
    expect(await data('/api/v1/query_exemplars?query=up&start=2&end=1')).toBe(
      '400 end timestamp must not be before start timestamp',
    );
    expect(await data('/api/v1/query_exemplars?query=up(')).toMatch(/^400 invalid parameter "query"/);
  });

  test('limits of metadata', async () => {
    expect(await data('/api/v1/metadata?limit=0', { reader: gpus() })).toEqual({});
    expect(await data('/api/v1/metadata?limit=-1&limit_per_metric=0')).toHaveProperty('gpu_util');
    expect(await data('/api/v1/metadata?limit=many')).toBe('400 limit must be a number');
  });

  test('stats of a kind that Prometheus will refuse are warned of', async () => {
    const warned = async (stats: string) =>
      ((await (await openApi()).inject(`/api/v1/query?query=1&stats=${stats}`)).json() as { warnings?: string[] })
        .warnings;
    expect(await warned('all')).toBeUndefined();
    expect(await warned('yes')).toEqual([expect.stringContaining('value "yes" for parameter "stats" is deprecated')]);
  });
});
