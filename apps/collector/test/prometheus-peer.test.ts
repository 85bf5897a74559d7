import { execFile, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort, type GatewayProcess, startGateway, waitFor } from './gateway-process.ts';

const here = (command: string) => spawnSync(command, ['--version'], { stdio: 'ignore' }).status === 0;
const withPrometheus = here('prometheus') && here('promtool');
const runMs = Number(process.env.BINNACLE_PEER_SECONDS ?? 60) * 1000;

/**
 * A real Prometheus scrapes a target, remote-writes to the gateway for a minute, and both must then answer the same
 * queries with the same numbers. Needs Debian's `prometheus` on the PATH; `.ci/run` installs it.
 */
describe.skipIf(!withPrometheus)('beside a real Prometheus (skipped where prometheus is not installed)', () => {
  let gateway: GatewayProcess;
  let prometheusUrl: string;
  let directory: string;
  let stopPrometheus: () => Promise<void>;
  let scrapes = 0;
  const target = createServer((_, response) => {
    scrapes++;
    response.setHeader('content-type', 'text/plain; version=0.0.4');
    response.end(exposition(scrapes));
  });
  let startedAt: number;

  beforeAll(async () => {
    gateway = await startGateway('receivers:\n  remote-write: {}\n');
    await new Promise<void>((resolve) => target.listen(0, '127.0.0.1', resolve));
    directory = mkdtempSync(join(tmpdir(), 'binnacle-prometheus-'));
    mkdirSync(join(directory, 'data'));
    const port = await freePort();
    prometheusUrl = `http://127.0.0.1:${port}`;
    const config = join(directory, 'prometheus.yml');
    writeFileSync(
      config,
      `global: {scrape_interval: 1s, external_labels: {cluster: peer}}
scrape_configs:
  - job_name: target
    static_configs: [{targets: ['127.0.0.1:${(target.address() as AddressInfo).port}']}]
remote_write:
  - url: ${gateway.url}/api/v1/write
    queue_config: {batch_send_deadline: 500ms}
`,
    );
    startedAt = Date.now();
    const prometheus = spawn(
      'prometheus',
      [
        `--config.file=${config}`,
        `--storage.tsdb.path=${join(directory, 'data')}`,
        `--web.listen-address=127.0.0.1:${port}`,
      ],
      { stdio: 'ignore' },
    );
    stopPrometheus = () =>
      new Promise((resolve) => {
        prometheus.once('exit', () => resolve());
        prometheus.kill('SIGTERM');
      });
    await waitFor(
      'a minute of samples',
      async () => Date.now() - startedAt >= runMs && scrapes > runMs / 2000,
      runMs + 30_000,
    );
  }, runMs + 90_000);

  afterAll(async () => {
    await stopPrometheus?.();
    target.close();
    await gateway?.stop();
    if (directory) rmSync(directory, { recursive: true, force: true });
  });

  const expressions = [
    'gpu_util',
    'sum by (node) (gpu_util)',
    'avg(gpu_util)',
    'rate(bytes_total[15s])',
    'sum(rate(bytes_total[15s])) by (node)',
    'increase(bytes_total[20s])',
    'max_over_time(gpu_util[10s])',
    'quantile(0.9, gpu_util)',
    'topk(2, gpu_util)',
    'histogram_quantile(0.9, sum by (le) (rate(latency_seconds_bucket[15s])))',
    'gpu_util > 50',
    'gpu_util / on (node, gpu) group_left limit_watts',
    'count by (__name__) ({job="target"})',
    'up{job="target"}',
    'changes(flaps[20s])',
    'gpu_util offset 7s',
    'deriv(gpu_util[15s])',
    'label_replace(gpu_util, "short", "$1", "node", "node-(.*)")',
    'absent(nothing_here)',
    'sum_over_time(gpu_util[10s:2s])',
  ];

  async function range(url: string, query: string, start: number, end: number) {
    const answer = await fetch(`${url}/api/v1/query_range`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ query, start: `${start}`, end: `${end}`, step: '1' }),
    });
    const body = (await answer.json()) as {
      status: string;
      error?: string;
      data: { result: { metric: Record<string, string>; values: [number, string][] }[] };
    };
    if (body.status !== 'success') throw new Error(`${url} ${query}: ${body.error}`);
    const withoutCluster = ({ cluster: _, ...rest }: Record<string, string>) => rest;
    return new Map(
      body.data.result.map(({ metric, values }) => [
        JSON.stringify(Object.entries(withoutCluster(metric)).sort()),
        values,
      ]),
    );
  }

  it.each(expressions)('answers %s with the same numbers', async (expression) => {
    // off the scrape's own boundaries: Prometheus 2 counts a sample exactly at t-range, Prometheus 3 does not
    const end = Math.floor(startedAt / 1000 + runMs / 1000) - 5 + 0.4137;
    const start = end - runMs / 1000 + 30;
    const expected = await range(prometheusUrl, expression, start, end);
    expect(expected.size).toBeGreaterThan(0);
    const got = await waitFor('the last samples to arrive', async () => {
      const answer = await range(gateway.url, expression, start, end);
      const complete = [...expected].every(([key, values]) => answer.get(key)?.length === values.length);
      return complete ? answer : undefined;
    }).catch(() => range(gateway.url, expression, start, end));
    expect([...got.keys()].sort()).toEqual([...expected.keys()].sort());
    for (const [key, values] of expected) {
      const others = got.get(key) ?? [];
      expect(others.map(([t]) => t)).toEqual(values.map(([t]) => t));
      for (const [i, [, text]] of values.entries()) {
        const [wanted, found] = [Number(text), Number(others[i]?.[1])];
        if (Number.isNaN(wanted)) expect(found).toBeNaN();
        else expect(Math.abs(found - wanted)).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(wanted)));
      }
    }
  });

  it('talks to promtool', async () => {
    const run = async (...arguments_: string[]) =>
      (await promisify(execFile)('promtool', ['query', ...arguments_])).stdout;
    expect(await run('instant', gateway.url, 'count(gpu_util)')).toMatch(/^\{\} => 6 @\[/);
    expect(await run('labels', gateway.url, 'node')).toContain('node-1');
    expect(await run('series', '--match=gpu_util{node="node-1"}', gateway.url)).toContain('gpu="0"');
    const range_ = await run(
      'range',
      `--start=${Math.floor(startedAt / 1000) + 20}`,
      `--end=${Math.floor(startedAt / 1000) + 40}`,
      '--step=5s',
      gateway.url,
      'sum(gpu_util)',
    );
    expect(range_.split('\n').filter((line) => / @\[/.test(line)).length).toBe(5);
  });
});

/** What the target shows at its n-th scrape: gauges, counters with a reset, a histogram, a NaN and an infinity. */
function exposition(n: number): string {
  const lines: string[] = ['# TYPE gpu_util gauge', '# TYPE bytes_total counter', '# TYPE latency_seconds histogram'];
  for (let node = 1; node <= 3; node++) {
    for (let gpu = 0; gpu < 2; gpu++) {
      const labels = `node="node-${node}",gpu="${gpu}"`;
      lines.push(`gpu_util{${labels}} ${(50 + 40 * Math.sin(n / 5 + node * 1.37 + gpu * 0.61)).toFixed(6)}`);
      lines.push(`limit_watts{${labels}} ${node === 3 ? 'NaN' : 700}`);
      // far from zero: near it 2.42 caps the extrapolation by another rule than 3.x, which we follow
      lines.push(`bytes_total{${labels}} ${1e12 + (n % 25) * 1e9 * node + gpu}`);
    }
  }
  lines.push(`flaps ${Math.floor(n / 4) % 2}`, 'unbounded +Inf');
  for (const [le, share] of [
    ['0.1', 0.5],
    ['0.5', 0.8],
    ['1', 0.95],
    ['+Inf', 1],
  ] as const)
    lines.push(`latency_seconds_bucket{le="${le}"} ${Math.floor(n * 10 * share)}`);
  lines.push(`latency_seconds_sum ${n * 3}`, `latency_seconds_count ${n * 10}`);
  return `${lines.join('\n')}\n`;
}
