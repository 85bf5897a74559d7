import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort, type GatewayProcess, startGateway, waitFor } from '../gateway-process.ts';
import { CountingExporter } from './counting-exporter.ts';

/** What scrapes the exporter and remote-writes; both come from Debian, and `.ci/run` installs them. */
const senders = {
  prometheus: {
    here: spawnSync('prometheus', ['--version'], { stdio: 'ignore' }).status === 0,
    start: (directory: string, config: string, port: number) => [
      `--config.file=${config}`,
      `--storage.tsdb.path=${directory}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    remoteWriteInConfig: true,
  },
  vmagent: {
    here: spawnSync('vmagent', ['-version'], { stdio: 'ignore' }).status === 0,
    start: (directory: string, config: string, port: number, url: string) => [
      `-promscrape.config=${config}`,
      `-remoteWrite.url=${url}`,
      `-remoteWrite.tmpDataPath=${directory}`,
      '-remoteWrite.flushInterval=100ms',
      `-httpListenAddr=127.0.0.1:${port}`,
    ],
    remoteWriteInConfig: false,
  },
} as const;
type SenderName = keyof typeof senders;
const names = (Object.keys(senders) as SenderName[]).filter((name) => senders[name].here);

/** Scrapes between one blow to the gateway and the next. */
const scrapesBetween = 4;

/**
 * Real senders write through two restarts of the gateway, one with notice and one by kill -9. Afterwards every sample that
 * their exporter handed out is there, and once.
 */
describe.skipIf(names.length === 0)(
  'real senders through restarts (skipped where prometheus and vmagent are absent)',
  () => {
    const exporter = new CountingExporter();
    const directory = mkdtempSync(join(tmpdir(), 'binnacle-senders-'));
    const running = new Map<SenderName, ChildProcess>();
    let gateway: GatewayProcess;

    const path = (name: SenderName) => `/${name}`;
    const valuesOf = async (name: SenderName): Promise<number[]> => {
      const parameters = new URLSearchParams({ query: `handed_out_total{job="${name}"}[10m]` });
      const answer = (await (await fetch(`${gateway.url}/api/v1/query?${parameters}`)).json()) as {
        data: { result: { values: [number, string][] }[] };
      };
      return (answer.data.result[0]?.values ?? []).map(([, value]) => Number(value));
    };
    const moreScrapes = async () => {
      const before = names.map((name) => exporter.handedOut(path(name)));
      await waitFor('more scrapes', async () =>
        names.every((name, i) => exporter.handedOut(path(name)) >= (before[i] as number) + scrapesBetween),
      );
    };
    const goOn = async () => {
      gateway = await startGateway(undefined, gateway.directory, Number(new URL(gateway.url).port));
    };

    beforeAll(async () => {
      await exporter.start();
      gateway = await startGateway();
      for (const name of names) await startSender(name);
      await waitFor('first samples', async () =>
        (await Promise.all(names.map(valuesOf))).every(({ length }) => length > 0),
      );
      await moreScrapes();
      await gateway.stop({ keepDirectory: true });
      await moreScrapes();
      await goOn();
      await moreScrapes();
      // Without notice, while the senders are writing.
      const gone = new Promise((resolve) => gateway.child.once('exit', resolve));
      gateway.child.kill('SIGKILL');
      await gone;
      await moreScrapes();
      await goOn();
      await moreScrapes();
      // What the senders hold now is all there will be; they keep trying.
      exporter.end();
    }, 120_000);

    afterAll(async () => {
      await Promise.all(names.map(stopSender));
      await gateway?.stop();
      await exporter.stop();
      rmSync(directory, { recursive: true, force: true });
    });

    async function startSender(name: SenderName): Promise<void> {
      const { start, remoteWriteInConfig } = senders[name];
      const data = join(directory, name);
      mkdirSync(data);
      const config = join(directory, `${name}.yml`);
      const url = `${gateway.url}/api/v1/write`;
      const remoteWrite = `
remote_write:
  - url: ${url}
    queue_config: {batch_send_deadline: 100ms, max_backoff: 500ms}`;
      writeFileSync(
        config,
        `global: {scrape_interval: 100ms, scrape_timeout: 100ms}
scrape_configs:
  - job_name: ${name}
    metrics_path: ${path(name)}
    static_configs: [{targets: ['${exporter.address}']}]${remoteWriteInConfig ? remoteWrite : ''}
`,
      );
      running.set(name, spawn(name, start(data, config, await freePort(), url), { stdio: 'ignore' }));
    }

    async function stopSender(name: SenderName): Promise<void> {
      const child = running.get(name);
      running.delete(name);
      if (child === undefined) return;
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGTERM');
      await gone;
    }

    it.each(names)(
      '%s: every value that was handed out is there, once',
      async (name) => {
        const last = exporter.handedOut(path(name));
        expect(last).toBeGreaterThanOrEqual(5 * scrapesBetween);
        const wanted = Array.from({ length: last }, (_, i) => i + 1);
        const complete = await waitFor('all values', async () => {
          const values = await valuesOf(name);
          return values.length >= last && values;
        }).catch(() => valuesOf(name));
        expect(complete).toEqual(wanted);
      },
      40_000,
    );
  },
);
