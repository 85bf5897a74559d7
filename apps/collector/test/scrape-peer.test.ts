import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort, type GatewayProcess, startGateway, waitFor } from './gateway-process.ts';

const withPrometheus = spawnSync('prometheus', ['--version'], { stdio: 'ignore' }).status === 0;

/**
 * A real Prometheus and the scrape receiver read the same exporter by the same prometheus.yml, and must then have the same
 * series with the same values: relabelled, limited, with series and targets that come and go. Needs Debian's `prometheus`
 * on the PATH; `.ci/run` installs it.
 */
describe.skipIf(!withPrometheus)(
  'scraping beside a real Prometheus (skipped where prometheus is not installed)',
  () => {
    const directory = mkdtempSync(join(tmpdir(), 'binnacle-scrape-peer-'));
    const exporter = new PhasedExporter();
    let gateway: GatewayProcess;
    let prometheusUrl: string;
    let stopPrometheus: (() => Promise<void>) | undefined;

    beforeAll(async () => {
      await exporter.listen();
      const config = join(directory, 'prometheus.yml');
      writeFileSync(join(directory, 'password'), 's3cret\n');
      writeTargets([exporter.host]);
      writeFileSync(config, prometheusYml(exporter.host));
      mkdirSync(join(directory, 'data'));
      const port = await freePort();
      prometheusUrl = `http://127.0.0.1:${port}`;
      const prometheus = spawn(
        'prometheus',
        [
          `--config.file=${config}`,
          `--storage.tsdb.path=${join(directory, 'data')}`,
          `--web.listen-address=127.0.0.1:${port}`,
          '--enable-feature=extra-scrape-metrics',
        ],
        { stdio: 'ignore' },
      );
      stopPrometheus = () =>
        new Promise((resolve) => {
          prometheus.once('exit', () => resolve());
          prometheus.kill('SIGTERM');
        });
      const itself = (job: string, protocol: string) =>
        `{job_name: ${job}, scrape_protocols: [${protocol}], static_configs: [{targets: ['127.0.0.1:${port}']}]}`;
      gateway = await startGateway(`receivers:
  scrape:
    configFile: ${config}
    extraMetrics: true
    global: {scrape_interval: 1s}
    scrape_configs:
      - ${itself('by-protobuf', 'PrometheusProto')}
      - ${itself('by-text', 'OpenMetricsText1.0.0')}
`);
    }, 90_000);

    afterAll(async () => {
      await stopPrometheus?.();
      await gateway?.stop();
      await exporter.close();
      rmSync(directory, { recursive: true, force: true });
    });

    function writeTargets(targets: string[]): void {
      const path = join(directory, 'targets.json');
      writeFileSync(`${path}.new`, JSON.stringify([{ targets, labels: { peer: '1', rack: 'r2', empty: '' } }]));
      renameSync(`${path}.new`, path);
    }

    /** Series by their labels, with the values that don't depend on when somebody scraped. */
    async function seriesOf(url: string): Promise<Record<string, string>> {
      const answer = await fetch(`${url}/api/v1/query`, {
        method: 'POST',
        body: new URLSearchParams({ query: '{peer="1"}' }),
      });
      const { data } = (await answer.json()) as {
        data: { result: { metric: Record<string, string>; value: [number, string] }[] };
      };
      return Object.fromEntries(
        data.result.map(({ metric, value: [, value] }) => {
          const varies = metric.__name__ === 'scrape_duration_seconds' || metric.__name__ === 'scrape_series_added';
          return [JSON.stringify(Object.entries(metric).sort()), varies ? 'some' : value];
        }),
      );
    }

    /** Waits until both show what `settled` looks for, and compares all that they have. */
    async function compare(settled: (series: string[]) => boolean): Promise<string[]> {
      let ours: Record<string, string> = {};
      let theirs: Record<string, string> = {};
      await waitFor(
        'both to have the same series',
        async () => {
          [ours, theirs] = await Promise.all([seriesOf(gateway.url), seriesOf(prometheusUrl)]);
          return settled(Object.keys(theirs)) && JSON.stringify(sorted(ours)) === JSON.stringify(sorted(theirs));
        },
        15_000,
      ).catch(() => {});
      expect(sorted(ours)).toEqual(sorted(theirs));
      expect(settled(Object.keys(theirs))).toBe(true);
      return Object.keys(theirs);
    }

    const sorted = (series: Record<string, string>) => Object.entries(series).sort();
    const has = (series: readonly string[], text: string) => series.some((one) => one.includes(text));

    it('has the same series after relabelling, limits and clashes of labels', async () => {
      const series = await compare((all) => has(all, '"phase","one"') && has(all, '"job","from-http"'));
      expect(series.length).toBeGreaterThan(60);
      expect(has(series, '"exported_job","inner"')).toBe(true);
      expect(series.some((one) => one.includes('go_gc') && one.includes('relabelled'))).toBe(false);
      expect(has(series, '"__name__","named_old"')).toBe(true);
    });

    it('shows the same targets', async () => {
      interface Targets {
        readonly activeTargets: {
          discoveredLabels: object;
          labels: object;
          scrapePool: string;
          health: string;
          scrapeUrl: string;
        }[];
        readonly droppedTargets: { discoveredLabels: object }[];
      }
      const read = async (url: string) => {
        const { data } = (await (await fetch(`${url}/api/v1/targets`)).json()) as { data: Targets };
        const ofFile = data.activeTargets.filter(({ scrapePool }) => !scrapePool.startsWith('by-'));
        const active = ofFile.map(({ discoveredLabels, labels, scrapePool, health, scrapeUrl }) =>
          JSON.stringify([scrapePool, scrapeUrl, health, sorted(labels as never), sorted(discoveredLabels as never)]),
        );
        const dropped = data.droppedTargets.map(({ discoveredLabels }) =>
          JSON.stringify(sorted(discoveredLabels as never)),
        );
        return { active: active.sort(), dropped: dropped.sort() };
      };
      const [ours, theirs] = await Promise.all([read(gateway.url), read(prometheusUrl)]);
      expect(ours).toEqual(theirs);
      expect(theirs.dropped).toHaveLength(1);
    });

    it('reads what Prometheus says of itself as protobuf like as text', async () => {
      const read = async (job: string) => {
        const series = await gateway.query(`{job="${job}"}`);
        // As text it writes bounds of buckets without a point, as protobuf without one only where they have an exponent.
        const pointed = ({ job: _, ...rest }: Record<string, string>) =>
          Object.entries(rest).map(([name, value]) =>
            /^(?:le|quantile)$/.test(name) && /^\d+$/.test(value) ? [name, `${value}.0`] : [name, value],
          );
        return series.map(({ metric }) => JSON.stringify(pointed(metric).sort())).sort();
      };
      const both = () => Promise.all([read('by-protobuf'), read('by-text')]);
      const same = async () => {
        const [protobuf, text] = await both();
        return text.length > 300 && JSON.stringify(protobuf) === JSON.stringify(text);
      };
      await waitFor('both to have the same series', same, 10_000).catch(() => {});
      const [protobuf, text] = await both();
      expect(protobuf).toEqual(text);
      expect(text.some((series) => series.includes('"le","1e+06"'))).toBe(true);
    });

    it('ends series that vanish, takes up new ones, and those that come back', async () => {
      exporter.phase = 'two';
      const series = await compare((all) => has(all, '"phase","two"') && !has(all, '"phase","one"'));
      expect(has(series, '"gpu","1"')).toBe(false);
      exporter.phase = 'one';
      await compare((all) => has(all, '"phase","one"') && !has(all, '"phase","two"') && has(all, '"gpu","1"'));
    });

    it('ends everything of a target that fails, but for what is said of the failure', async () => {
      exporter.phase = 'failing';
      const series = await compare((all) => !has(all, '"gpu"') && !has(all, '"phase"'));
      expect(has(series, '"__name__","up"')).toBe(true);
      exporter.phase = 'malformed';
      await compare((all) => !has(all, '"gpu"') && has(all, '"__name__","up"'));
      exporter.phase = 'one';
      await compare((all) => has(all, '"phase","one"'));
    });

    it('ends everything of a target that is not named any more', async () => {
      writeTargets([]);
      const series = await compare((all) => !has(all, '"job","from-file"'));
      expect(has(series, '"job","plain"')).toBe(true);
    }, 30_000);
  },
);

/** What the exporter shows depends on the phase and the path, never on who asks or how often. */
class PhasedExporter {
  phase: 'one' | 'two' | 'failing' | 'malformed' = 'one';
  host = '';
  readonly #server = createServer((request, response) => this.#answer(request, response));

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.host = `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', 'http://exporter');
    if (url.pathname === '/sd') {
      const list = [{ targets: [this.host], labels: { peer: '1', __metrics_path__: '/openmetrics' } }];
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(list));
      return;
    }
    if (url.pathname === '/redirect') {
      response.writeHead(302, { location: '/metrics' }).end();
      return;
    }
    if (url.pathname === '/private' && request.headers.authorization !== `Basic ${btoa('u:s3cret')}`) {
      response.writeHead(401).end();
      return;
    }
    if (this.phase === 'failing') {
      response.writeHead(500).end();
      return;
    }
    const open = url.pathname === '/openmetrics';
    const body = `${text(this.phase, url.searchParams)}${open ? '# EOF\n' : ''}`;
    response.setHeader(
      'content-type',
      open ? 'application/openmetrics-text; version=1.0.0; charset=utf-8' : 'text/plain; version=0.0.4; charset=utf-8',
    );
    if (/gzip/.test(String(request.headers['accept-encoding']))) {
      response.setHeader('content-encoding', 'gzip');
      response.end(gzipSync(body));
    } else {
      response.end(body);
    }
  }
}

function text(phase: string, parameters: URLSearchParams): string {
  const lines = [
    '# TYPE gpu_util gauge',
    '# HELP gpu_util Use of the GPU.',
    'gpu_util{gpu="0",pod="trainer-0",Hostname="GPU-Node"} 97.5',
    'gpu_util{gpu="2",pod="trainer-1",job="inner",instance="inner-instance"} 1e-3',
    `marker{phase="${phase}"} 1`,
    'go_gc 5',
    'odd{value="a\\\\b\\"c\\nd",utf="Zürich"} +Inf',
    'clash{job="inner",exported_job="older",exported_instance="x"} 1',
    'empty_label{instance="",job="",x=""} 2',
    `asked{module="${parameters.getAll('module').join('+')}"} 1`,
    'stamped 7',
    'NaN_value NaN',
    'renamed_old{gpu="0"} 3',
    'sharded{node="a"} 1',
    'sharded{node="b"} 2',
    'sharded{node="c"} 3',
  ];
  if (phase === 'one') lines.push('gpu_util{gpu="1",pod="trainer-0"} 50', 'only_in_one 1');
  if (phase === 'malformed') lines.push('this is not a line');
  return `${lines.join('\n')}\n`;
}

function prometheusYml(host: string): string {
  const target = `static_configs: [{targets: ['${host}'], labels: {peer: "1"}}]`;
  return `global: {scrape_interval: 1s, scrape_timeout: 900ms}
scrape_configs:
  - job_name: plain
    params: {module: [one, two]}
    ${target}
  - job_name: honor
    honor_labels: true
    ${target}
  - job_name: relabelled
    static_configs:
      - targets: ['${host}', 'dropped.example:1']
        labels: {peer: "1", zone: west, __tmp_keep: "yes"}
    relabel_configs:
      - {source_labels: [__address__], regex: 'dropped.*', action: drop}
      - {source_labels: [__address__, zone], separator: '@', target_label: instance, regex: '(.*):\\d+@(.*)', replacement: '$\{1}-$2'}
      - {source_labels: [__tmp_keep], regex: 'yes', action: keep}
      - {source_labels: [zone], action: uppercase, target_label: zone_upper}
      - {source_labels: [zone], action: hashmod, modulus: 7, target_label: shard}
      - {replacement: openmetrics, target_label: __param_module}
      - {regex: 'zone', action: labeldrop}
      - {source_labels: [peer], regex: '1', target_label: 'made_$\{0}', replacement: 'x'}
    metric_relabel_configs:
      - {source_labels: [__name__], regex: 'go_.*|NaN_.*', action: drop}
      - {source_labels: [__name__], regex: 'renamed_(.*)', target_label: __name__, replacement: 'named_$1'}
      - {source_labels: [pod], regex: '(?P<workload>.+)-(\\d+)', target_label: workload, replacement: '$workload'}
      - {source_labels: [Hostname], action: lowercase, target_label: hostname}
      - {regex: 'Hostname|exported_.*', action: labeldrop}
      - {source_labels: [node], action: hashmod, modulus: 3, target_label: __tmp_hash}
      - {source_labels: [__name__, __tmp_hash], regex: 'sharded;[02]', action: drop}
      - {regex: '__tmp_hash', action: labeldrop}
      - {regex: '(g)pu', replacement: '$\{1}raphics', action: labelmap}
      - {source_labels: [gpu], regex: '', target_label: no_gpu, replacement: 'true'}
  - job_name: from-file
    file_sd_configs: [{files: ['targets*.json'], refresh_interval: 1s}]
    relabel_configs:
      - {source_labels: [__meta_filepath], regex: '.*/(.*)[.]json', target_label: file}
  - job_name: from-http
    http_sd_configs: [{url: 'http://${host}/sd', refresh_interval: 1s}]
    relabel_configs:
      - {source_labels: [__meta_url], regex: '.*(/.*)', target_label: from}
  - job_name: openmetrics
    metrics_path: /openmetrics
    honor_timestamps: false
    ${target}
  - {job_name: too-many-samples, sample_limit: 5, ${target}}
  - {job_name: too-many-labels, label_limit: 5, ${target}}
  - {job_name: long-value, label_value_length_limit: 20, ${target}}
  - {job_name: too-long, body_size_limit: 100B, ${target}}
  - {job_name: too-many-targets, target_limit: 1, static_configs: [{targets: ['${host}', 'localhost:1'], labels: {peer: "1"}}]}
  - {job_name: redirected, metrics_path: /redirect, ${target}}
  - {job_name: not-redirected, metrics_path: /redirect, follow_redirects: false, ${target}}
  - {job_name: private, metrics_path: /private, basic_auth: {username: u, password_file: password}, ${target}}
  - {job_name: unauthorized, metrics_path: /private, ${target}}
  - job_name: twins
    static_configs: [{targets: ['${host}'], labels: {peer: "1", n: "1"}}, {targets: ['${host}'], labels: {peer: "1", n: "2"}}]
  - job_name: doubled
    static_configs: [{targets: ['${host}', '${host}'], labels: {peer: "1"}}]
`;
}
