import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort, type GatewayProcess, startGateway, waitFor } from '../gateway-process.ts';
import { seed } from './seed.ts';

const here = spawnSync('vmalert', ['--version'], { stdio: 'ignore' }).status === 0;

const rules = `groups:
  - name: gpus
    interval: 1s
    rules:
      - record: hostname:gpu_temp:max
        expr: max by (hostname) (gpu_temp)
        labels: {by: vmalert}
      - record: hostname:gpu_power_watts:sum
        expr: sum by (hostname) (rate(gpu_energy_joules_total[5m]))
      - alert: GpuHot
        expr: gpu_temp > 90
        for: 1s
        labels: {severity: page}
        annotations: {summary: 'GPU {{ $labels.gpu }} of {{ $labels.hostname }} is hot'}
`;

interface VmAlert {
  readonly state: string;
  readonly activeAt: string;
  readonly restored?: boolean;
  readonly labels: Record<string, string>;
}

/** Needs Debian's `victoria-metrics` on the PATH; `.ci/run` installs it. */
describe.skipIf(!here)('vmalert (skipped where it is not installed)', { timeout: 90_000 }, () => {
  let gateway: GatewayProcess;
  let vmalert: ChildProcess | undefined;
  let url = '';
  const notified: string[] = [];
  const alertmanager = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    notified.push(body);
    response.end('{}');
  });

  async function start(): Promise<void> {
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    vmalert = spawn(
      'vmalert',
      [
        `-rule=${join(gateway.directory, 'rules.yml')}`,
        `-datasource.url=${gateway.url}`,
        `-remoteWrite.url=${gateway.url}`,
        `-remoteRead.url=${gateway.url}`,
        `-notifier.url=http://127.0.0.1:${(alertmanager.address() as AddressInfo).port}`,
        `-httpListenAddr=127.0.0.1:${port}`,
        '-remoteWrite.flushInterval=100ms',
        '-evaluationInterval=1s',
      ],
      { stdio: 'ignore' },
    );
  }
  async function stop(): Promise<void> {
    const ending = vmalert;
    vmalert = undefined;
    if (ending === undefined || ending.exitCode !== null) return;
    const ended = new Promise((resolve) => ending.once('exit', resolve));
    ending.kill('SIGINT');
    await ended;
  }
  const alerts = async (): Promise<VmAlert[]> => {
    const answer = (await (await fetch(`${url}/api/v1/alerts`)).json()) as { data: { alerts: VmAlert[] | null } };
    return answer.data.alerts ?? [];
  };

  beforeAll(async () => {
    gateway = await startGateway('receivers:\n  remote-write: {}\n');
    await new Promise<void>((resolve) => alertmanager.listen(0, '127.0.0.1', resolve));
    writeFileSync(join(gateway.directory, 'rules.yml'), rules);
    await seed(gateway);
    await start();
  });
  afterAll(async () => {
    await stop();
    alertmanager.closeAllConnections();
    await new Promise((resolve) => alertmanager.close(resolve));
    await gateway?.stop();
  });

  it('records series that come back by query', async () => {
    const recorded = await waitFor('what the rules recorded', async () => {
      const found = await gateway.query('hostname:gpu_temp:max');
      return found.length === 2 && found;
    });
    expect(recorded.map(({ metric, value }) => [metric.hostname, metric.by, value])).toEqual([
      ['node-1', 'vmalert', '75'],
      ['node-2', 'vmalert', '95'],
    ]);
    const power = await waitFor('the recorded rate', async () => {
      const found = await gateway.query('hostname:gpu_power_watts:sum');
      return found.length === 2 && found;
    });
    for (const { value } of power) expect(Number(value)).toBeCloseTo(1200, 5);
  });

  it('fires the alert, notifies, and writes its state', async () => {
    await waitFor('a firing alert', async () => (await alerts()).some(({ state }) => state === 'firing'));
    const firing = await waitFor('the series of the alert', async () => {
      const found = await gateway.query('ALERTS{alertstate="firing"}');
      return found.length > 0 && found;
    });
    expect(firing).toMatchObject([
      { metric: { alertname: 'GpuHot', severity: 'page', hostname: 'node-2', gpu: '3' }, value: '1' },
    ]);
    await waitFor('a notification', async () => notified.some((body) => body.includes('GPU 3 of node-2 is hot')));
  });

  it('restores the state of the alert from us after a restart', async () => {
    const [before] = await alerts();
    expect(before?.state).toBe('firing');
    const since = Math.floor(Date.parse(before?.activeAt as string) / 1000);
    await waitFor('the stored state', async () =>
      (await gateway.query('ALERTS_FOR_STATE')).some(({ value }) => Number(value) === since),
    );
    await stop();
    await start();
    const after = await waitFor('the restored alert', async () => (await alerts()).at(0));
    expect(after).toMatchObject({ restored: true, labels: { alertname: 'GpuHot', gpu: '3' } });
    expect(Math.floor(Date.parse(after.activeAt) / 1000)).toBe(since);
  });
});
