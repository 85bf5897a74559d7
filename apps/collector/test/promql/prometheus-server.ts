import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatLabels } from '@binnacle/promql/evaluate/label-edit.ts';
import { labelsFromObject } from '@binnacle/shared/telemetry/labels.ts';
import { encodeWriteRequest, writeRequestHeaders } from '../../src/wire/remote-write-encode.ts';
import { freePort, waitFor } from '../gateway-process.ts';
import type { Answer } from './answers.ts';
import type { Contestant } from './contestants.ts';
import type { Case } from './random-cases.ts';
import { batchesOf, type DataSeries } from './series-data.ts';

/** Whether Debian's Prometheus is installed. */
export const withPrometheus = spawnSync('prometheus', ['--version'], { stdio: 'ignore' }).status === 0;

/** A Prometheus of its own on a loopback port, which is given samples by remote write: so it gets stale markers too. */
export class PrometheusServer implements Contestant {
  readonly name = 'Prometheus';
  #loaded: readonly DataSeries[] | undefined;
  #directory = '';
  #process: ChildProcess | undefined;
  #url = '';

  async load(data: readonly DataSeries[]): Promise<void> {
    if (data === this.#loaded) return;
    await this[Symbol.asyncDispose]();
    await this.#start();
    // Within a request, samples may be at most an hour older than the newest before it.
    for (const batch of batchesOf(data, 30 * 60_000)) {
      const answer = await fetch(`${this.#url}/api/v1/write`, {
        method: 'POST',
        headers: writeRequestHeaders,
        body: Buffer.from(encodeWriteRequest(batch)),
      });
      if (!answer.ok) throw new Error(`Prometheus refused the samples: ${answer.status} ${await answer.text()}`);
    }
    this.#loaded = data;
  }

  async ask({ query, startMs, endMs, stepMs }: Case): Promise<Answer> {
    const start = formatSeconds(startMs);
    const parameters: Record<string, string> =
      stepMs === 0 ? { query, time: start } : { query, start, end: formatSeconds(endMs), step: formatSeconds(stepMs) };
    const answer = await fetch(`${this.#url}/api/v1/${stepMs === 0 ? 'query' : 'query_range'}`, {
      method: 'POST',
      body: new URLSearchParams(parameters),
    });
    const body = (await answer.json()) as PrometheusBody;
    return body.status === 'success' ? answerOfBody(body.data) : { kind: 'refused', reason: body.error };
  }

  async #start(): Promise<void> {
    this.#directory = mkdtempSync(join(tmpdir(), 'binnacle-prometheus-'));
    const config = join(this.#directory, 'prometheus.yml');
    writeFileSync(config, 'global: {evaluation_interval: 1m}\n');
    this.#url = `http://127.0.0.1:${await freePort()}`;
    const child = spawn(
      'prometheus',
      [
        `--config.file=${config}`,
        `--storage.tsdb.path=${join(this.#directory, 'data')}`,
        `--web.listen-address=${new URL(this.#url).host}`,
        '--storage.tsdb.retention.time=100y',
        '--web.enable-remote-write-receiver',
      ],
      { stdio: 'ignore' },
    );
    this.#process = child;
    await waitFor('Prometheus to be ready', async () => {
      if (child.exitCode !== null) throw new Error(`Prometheus ended with ${child.exitCode}`);
      return (await fetch(`${this.#url}/-/ready`)).ok;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const child = this.#process;
    if (child !== undefined && child.exitCode === null) {
      const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
      child.kill('SIGKILL');
      await ended;
    }
    this.#process = undefined;
    this.#loaded = undefined;
    if (this.#directory !== '') rmSync(this.#directory, { recursive: true, force: true });
  }
}

type Point = [seconds: number, value: string];
type PrometheusData =
  | { resultType: 'matrix'; result: { metric: Record<string, string>; values: Point[] }[] }
  | { resultType: 'vector'; result: { metric: Record<string, string>; value: Point }[] }
  | { resultType: 'scalar'; result: Point };
type PrometheusBody = { status: 'success'; data: PrometheusData } | { status: 'error'; error: string };

const formatSeconds = (timeMs: number): string => (timeMs / 1000).toFixed(3);
const number = (text: string): number => Number(text.replace('Inf', 'Infinity'));
const point = ([seconds, value]: Point) => [Math.round(seconds * 1000), number(value)] as const;
const nameOf = (metric: Record<string, string>): string => formatLabels(labelsFromObject(metric));

function answerOfBody(data: PrometheusData): Answer {
  switch (data.resultType) {
    case 'scalar':
      return { kind: 'series', series: new Map([['scalar', [point(data.result)]]]) };
    case 'vector':
      return {
        kind: 'series',
        series: new Map(data.result.map(({ metric, value }) => [nameOf(metric), [point(value)]])),
      };
    case 'matrix':
      return {
        kind: 'series',
        series: new Map(data.result.map(({ metric, values }) => [nameOf(metric), values.map(point)])),
      };
  }
}
