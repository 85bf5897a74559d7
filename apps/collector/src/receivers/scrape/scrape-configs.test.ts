import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { untilSources } from '../contract/harness.ts';
import { openDoor, type RunningReceiver } from '../contract/push-door.ts';
import { FakeApiServer } from './discovery/kubernetes/fake-api-server.ts';
import { scrape } from './index.ts';
import { answer, TestExporter } from './test-exporter.ts';

async function temporary(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'binnacle-scrape-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** A receiver with scrape configs as they stand in a prometheus.yml. */
const open = (entries: string, more: object = {}): Promise<RunningReceiver> =>
  openDoor(scrape, { global: { scrape_interval: '100ms' }, scrape_configs: parse(entries), ...more });
const lastOf = (door: RunningReceiver, name: string, job?: string) =>
  door.sink.find({ __name__: name, ...(job === undefined ? {} : { job }) }).at(-1);

describe('scrape_configs', () => {
  it('relabels targets and series as Prometheus does', async () => {
    const exporter = await TestExporter.open('a{job="inner",pod="x-1"} 1\ngo_gc 2\n');
    const door = await open(
      `- job_name: gpu
  metrics_path: /custom
  params: {module: [one, two], x: [y]}
  static_configs:
    - targets: ['${exporter.host}', 'dropped:1']
      labels: {rack: r2, __param_x: z, __tmp: secret}
  relabel_configs:
    - {source_labels: [__address__], regex: 'dropped:.*', action: drop}
    - {source_labels: [rack], target_label: place, replacement: 'row-$1'}
    - {action: labeldrop, regex: rack}
  metric_relabel_configs:
    - {source_labels: [__name__], regex: 'go_.*', action: drop}
    - {source_labels: [pod], regex: '(.*)-\\d+', target_label: workload}
    - {source_labels: [place], target_label: seen_place}`,
      { labels: { cluster: 'c1' }, extraMetrics: true },
    );
    const { labels } = await door.sink.waitFor({ __name__: 'a' });
    expect(labels).toEqual({
      __name__: 'a',
      job: 'gpu',
      exported_job: 'inner',
      instance: exporter.host,
      place: 'row-r2',
      seen_place: 'row-r2',
      pod: 'x-1',
      workload: 'x',
      cluster: 'c1',
    });
    expect(door.sink.find({ __name__: 'go_gc' })).toEqual([]);
    expect(exporter.requests[0]?.url).toBe('/custom?module=one&module=two&x=z');
    expect(lastOf(door, 'up')?.labels).toEqual({
      __name__: 'up',
      job: 'gpu',
      instance: exporter.host,
      place: 'row-r2',
      cluster: 'c1',
    });
    const reported = ['scraped', 'post_metric_relabeling'].map((name) => lastOf(door, `scrape_samples_${name}`)?.value);
    expect(reported).toEqual([2, 1]);
    await door.sink.until(() => door.sink.find({ __name__: 'scrape_series_added' }).some(({ value }) => value === 1));
    expect(lastOf(door, 'scrape_timeout_seconds')?.value).toBe(0.1);
    expect(lastOf(door, 'scrape_body_size_bytes')?.value).toBe(35);
    const { active, dropped, droppedCounts } = door.receiver.targets?.() ?? {};
    expect(active?.[0]).toMatchObject({ pool: 'gpu', labels: { place: 'row-r2' }, discoveredLabels: { rack: 'r2' } });
    expect(dropped?.[0]?.discoveredLabels).toMatchObject({
      __address__: 'dropped:1',
      __scheme__: 'http',
      __metrics_path__: '/custom',
      __scrape_interval__: '100ms',
      __param_module: 'one',
      job: 'gpu',
    });
    expect(droppedCounts).toEqual({ gpu: 1 });
  });

  it('takes address, path, interval and job from labels, and targets that share an instance', async () => {
    const exporter = await TestExporter.open('a 1\n');
    const door = await open(`- job_name: j
  static_configs:
    - targets: [one, two]
      labels: {__scrape_interval__: 200ms, __scrape_timeout__: 50ms, where: '${exporter.host}'}
  relabel_configs:
    - {source_labels: [__address__], target_label: __metrics_path__, replacement: '/$1'}
    - {source_labels: [__address__], target_label: shard}
    - {source_labels: [where], target_label: __address__}
    - {target_label: job, replacement: other}
    - {target_label: instance, replacement: same}
    - {action: labeldrop, regex: where}`);
    await door.sink.waitFor({ __name__: 'a', shard: 'one' });
    await door.sink.waitFor({ __name__: 'a', shard: 'two' });
    expect(lastOf(door, 'a')?.labels).toMatchObject({ job: 'other', instance: 'same' });
    expect(new Set(exporter.requests.map(({ url }) => url))).toEqual(new Set(['/one', '/two']));
    const sources = door.receiver.sources();
    expect(sources.map(({ intervalSeconds }) => intervalSeconds)).toEqual([0.2, 0.2]);
    expect(sources[0]?.source).toBe('other/same');
    expect(sources[1]?.source).toMatch(/^other\/same#[0-9a-f]{8}$/);
    expect(exporter.requests[0]?.headers['x-prometheus-scrape-timeout-seconds']).toBe('0.05');
  });

  it('fails the scrapes of a job with too many targets, or a target beyond a limit', async () => {
    const exporter = await TestExporter.open('a{x="1",y="2"} 1\nb 1\nc 1\n');
    const door = await open(`
- {job_name: many, target_limit: 1, static_configs: [{targets: ['${exporter.host}', 'other:1']}]}
- {job_name: samples, sample_limit: 2, static_configs: [{targets: ['${exporter.host}']}]}
- {job_name: labels, label_limit: 4, static_configs: [{targets: ['${exporter.host}']}]}
- {job_name: body, body_size_limit: 10B, static_configs: [{targets: ['${exporter.host}']}]}
- {job_name: fine, sample_limit: 3, label_limit: 5, static_configs: [{targets: ['${exporter.host}']}]}`);
    await door.sink.waitFor({ __name__: 'a', job: 'fine' });
    const sources = await untilSources(
      () => door.receiver.sources(),
      (all) => all.filter(({ state }) => state === 'down').length === 5,
    );
    expect(sources.map(({ lastError }) => lastError?.replace(/^\S+ /, ''))).toEqual([
      'not asked: the job has 2 targets, more than 1 (target_limit)',
      'not asked: the job has 2 targets, more than 1 (target_limit)',
      'more than 2 samples (sample_limit)',
      'line 1: the series has 5 labels, more than 4 (label_limit)',
      'answers with more than 10 bytes (body_size_limit)',
      undefined,
    ]);
    await door.sink.until(() => lastOf(door, 'scrape_samples_scraped', 'samples')?.value === 3);
    expect(door.sink.find({ __name__: 'up', job: 'many' }).every(({ value }) => value === 0)).toBe(true);
  });

  it('follows redirects, without the credentials where they lead elsewhere', async () => {
    const directory = await temporary();
    await writeFile(join(directory, 'password'), 's3cret\n');
    const elsewhere = await TestExporter.open('elsewhere 1\n');
    const exporter = await TestExporter.open((request, response) => {
      if (request.url === '/metrics') response.writeHead(302, { location: '/here' }).end();
      else if (request.url === '/here') response.writeHead(307, { location: `http://${elsewhere.host}/there` }).end();
    });
    const entry = (follow: boolean) => `- job_name: r${follow}
  follow_redirects: ${follow}
  basic_auth: {username: u, password_file: '${join(directory, 'password')}'}
  static_configs: [{targets: ['${exporter.host}']}]`;
    const door = await open(`${entry(true)}\n${entry(false)}`);
    await door.sink.waitFor({ __name__: 'elsewhere' });
    expect(exporter.requests[0]?.headers.authorization).toBe(`Basic ${Buffer.from('u:s3cret').toString('base64')}`);
    expect(elsewhere.requests[0]?.headers.authorization).toBeUndefined();
    const sources = await untilSources(
      () => door.receiver.sources(),
      (all) => all[1]?.state === 'down',
    );
    expect(sources[1]?.lastError).toMatch(/redirect \(302\)/);
    expect(JSON.stringify([sources, door.receiver.targets?.()])).not.toContain('s3cret');
  });

  it('marks series with timestamps of their own stale only where it is asked to', async () => {
    const exporter = await TestExporter.open(answer(`a 1 ${Date.now()}\n`));
    const entry = (job: string, more: string) =>
      `- {job_name: ${job}, ${more} static_configs: [{targets: ['${exporter.host}']}]}\n`;
    const door = await open(entry('left', '') + entry('tracked', 'track_timestamps_staleness: true,'));
    await door.sink.waitFor({ __name__: 'a', job: 'left' });
    await door.sink.waitFor({ __name__: 'a', job: 'tracked' });
    exporter.handler = answer('b 1\n');
    await door.sink.until(() => door.sink.find({ __name__: 'a', job: 'tracked' }).at(-1)?.stale === true);
    await door.sink.waitFor({ __name__: 'b', job: 'left' });
    expect(door.sink.find({ __name__: 'a', job: 'left' }).some(({ stale }) => stale)).toBe(false);
  });
});

describe('kubernetes_sd_configs', () => {
  it('scrapes the pods that annotations name, and ends what a deleted pod had', async () => {
    const server = await FakeApiServer.open();
    const directory = await temporary();
    await writeFile(join(directory, 'token'), 'k8s-s3cret\n');
    server.token = 'k8s-s3cret';
    const exporter = await TestExporter.open('a 1\n');
    const [ip, port] = exporter.host.split(':') as [string, string];
    const pod = (name: string, scraped: string) => ({
      metadata: { name, namespace: 'ml', annotations: { 'prometheus.io/scrape': scraped } },
      spec: { containers: [{ name: 'c', ports: [{ name: 'metrics', containerPort: Number(port) }] }] },
      status: { podIP: ip, phase: 'Running' },
    });
    server.put('/api/v1/pods', pod('one', 'true'));
    server.put('/api/v1/pods', pod('quiet', 'false'));
    const door = await open(`- job_name: pods
  kubernetes_sd_configs:
    - {role: pod, api_server: '${server.url}', authorization: {credentials_file: '${join(directory, 'token')}'}}
  relabel_configs:
    - {source_labels: [__meta_kubernetes_pod_annotation_prometheus_io_scrape], regex: 'true', action: keep}
    - {source_labels: [__meta_kubernetes_namespace, __meta_kubernetes_pod_name], separator: /, target_label: pod}`);
    expect((await door.sink.waitFor({ __name__: 'a' })).labels).toEqual({
      __name__: 'a',
      job: 'pods',
      instance: exporter.host,
      pod: 'ml/one',
    });
    expect(door.receiver.targets?.().droppedCounts).toEqual({ pods: 1 });
    server.put('/api/v1/pods', pod('quiet', 'true'));
    await door.sink.waitFor({ __name__: 'a', pod: 'ml/quiet' });
    server.remove('/api/v1/pods', pod('one', 'true'));
    const ended = (name: string) => door.sink.find({ __name__: name, pod: 'ml/one' }).at(-1)?.stale === true;
    await door.sink.until(() => ended('a') && ended('up') && ended('scrape_series_added'));
    expect(door.sink.find({ __name__: 'a', pod: 'ml/quiet' }).some(({ stale }) => stale)).toBe(false);
    const shown = JSON.stringify([door.receiver.sources(), door.receiver.targets?.()]);
    expect(shown).not.toContain('k8s-s3cret');
    await door.stop();
    expect(server.watching).toBe(0);
  });

  it.each([
    [{ role: 'pods' }, /pod/],
    [{ role: 'pod', selectors: [{ role: 'service' }] }, /role pod takes selectors for pod, node, not for service/],
    [{ role: 'pod', selectors: [{ role: 'pod' }, { role: 'pod' }] }, /each role may have one selector/],
    [{ role: 'pod', kubeconfig_file: '/x' }, /kubeconfig_file is not supported: write api_server/],
    [{ role: 'pod', bearer_token: 'x' }, /use authorization.credentials_file/],
  ])('refuses %j', (config, message) => {
    const entry = { job_name: 'k', kubernetes_sd_configs: [config] };
    expect(JSON.stringify(scrape.config.safeParse({ scrape_configs: [entry] }).error?.issues)).toMatch(message);
  });
});

describe('a prometheus.yml', () => {
  it('is read with its global part, beside jobs of our own; paths are relative to it', async () => {
    const directory = await temporary();
    const exporter = await TestExporter.open('a 1\n');
    await mkdir(join(directory, 'targets'));
    await writeFile(
      join(directory, 'targets/a.json'),
      JSON.stringify([{ targets: [exporter.host], labels: { n: 1 } }]),
    );
    await writeFile(
      join(directory, 'prometheus.yml'),
      `global:
  scrape_interval: 100ms
  external_labels: {cluster: from-file, replica: "0"}
rule_files: [rules.yml]
alerting: {alertmanagers: []}
remote_write: [{url: http://localhost/}]
scrape_configs:
  - job_name: sd
    file_sd_configs: [{files: ['targets/*.json']}]
    relabel_configs: [{source_labels: [__meta_filepath], regex: '.*/(.*)', target_label: file}]
`,
    );
    const config = { configFile: join(directory, 'prometheus.yml'), jobs: [{ job: 'own', targets: [exporter.host] }] };
    const door = await openDoor(scrape, config);
    expect((await door.sink.waitFor({ __name__: 'a', job: 'sd' })).labels).toEqual({
      __name__: 'a',
      job: 'sd',
      instance: exporter.host,
      n: '1',
      file: 'a.json',
      cluster: 'from-file',
      replica: '0',
    });
    await door.sink.waitFor({ __name__: 'a', job: 'own' });
    expect(door.receiver.targets?.().pools).toEqual(['own', 'sd']);
  });

  it('names file, line and what is wrong', async () => {
    const directory = await temporary();
    const file = join(directory, 'prometheus.yml');
    await writeFile(
      file,
      `scrape_configs:
  - job_name: a
    scrape_intervall: 5s
  - job_name: b
    basic_auth: {username: u, password: hunter2}
  - job_name: c
    consul_sd_configs: []
    scrape_timeout: 2m
`,
    );
    const issues = scrape.config.safeParse({ configFile: file }).error?.issues ?? [];
    const text = issues.map(({ message }) => message).join('\n');
    expect(text).toMatch(/prometheus\.yml:3:5: .*unknown key; did you mean "scrape_interval"/);
    expect(text).toMatch(
      /prometheus\.yml:5:\d+: .*password is not supported: secrets come from files; use password_file/,
    );
    expect(text).toMatch(/prometheus\.yml:7:5: .*consul_sd_configs is not supported: use file_sd_configs/);
    expect(text).not.toContain('hunter2');
    expect(JSON.stringify(scrape.config.safeParse({ configFile: join(directory, 'no.yml') }).error)).toMatch(
      /no\.yml cannot be read/,
    );
  });

  it.each([
    [{ scrape_configs: [{ job_name: 'a' }, { job_name: 'a' }] }, /the job \\"a\\" is there twice/],
    [{ scrape_configs: [{ job_name: 'a', scrape_interval: '15' }] }, /not a duration/],
    [{ scrape_configs: [{ job_name: 'a', scrape_interval: '5s', scrape_timeout: '6s' }] }, /longer than the scrape/],
    [{ global: { scrape_interval: '5s' }, scrape_configs: [{ job_name: 'a', scrape_timeout: '6s' }] }, /longer than/],
    [{ scrape_configs: [{ job_name: 'a', body_size_limit: '10 apples' }] }, /not a size/],
    [{ scrape_configs: [{ job_name: 'a', authorization: {}, basic_auth: {} }] }, /either this or/],
    [{ scrape_configs: [{ job_name: 'a', authorization: { credentials: 'x' } }] }, /use credentials_file/],
    [{ scrape_configs: [{ job_name: 'a', tls_config: { key: 'x' } }] }, /use key_file/],
    [{ scrape_configs: [{ job_name: 'a', proxy_url: 'http://p' }] }, /proxy_url is not supported/],
    [{ scrape_configs: [{ job_name: 'a', http_sd_configs: [{ url: 'http://u:p@h/' }] }] }, /no user name or password/],
    [{ scrape_configs: [{ job_name: 'a', file_sd_configs: [{ files: ['x.txt'] }] }] }, /json/],
    [{ scrape_configs: [{ job_name: 'a', scrape_protocols: ['Text'] }] }, /PrometheusText0.0.4/],
    [{}, /at least one of jobs/],
  ])('refuses %j', (config, message) => {
    expect(JSON.stringify(scrape.config.safeParse(config).error?.issues)).toMatch(message);
  });

  it('fills in what Prometheus fills in', () => {
    const read = (config: object) => scrape.config.parse(config).entries[0];
    expect(read({ scrape_configs: [{ job_name: 'a' }] })).toMatchObject({ intervalSeconds: 60, timeoutSeconds: 10 });
    expect(read({ scrape_configs: [{ job_name: 'a', scrape_interval: '5s' }] })?.timeoutSeconds).toBe(5);
    const global = { scrape_interval: '1m30s', scrape_timeout: '1m', sample_limit: 7 };
    expect(read({ global, scrape_configs: [{ job_name: 'a', label_limit: 3, body_size_limit: '1KB' }] })).toMatchObject(
      {
        intervalSeconds: 90,
        timeoutSeconds: 60,
        limits: { sample_limit: 7, label_limit: 3, body_size_limit: 1024, target_limit: 0 },
      },
    );
  });
});
