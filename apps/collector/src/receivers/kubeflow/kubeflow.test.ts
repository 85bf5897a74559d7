import { existsSync, readFileSync } from 'node:fs';
import type { PipelineRun } from '@binnacle/shared/api/domain.ts';
import { pipelineRun } from '@binnacle/shared/api/domain.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { untilSources } from '../contract/harness.ts';
import { describeReceiverContract } from '../contract/suite.ts';
import { type Asked, type LocalServer, localServer } from '../polling/local-server.ts';
import { type Recorded, recorded } from '../polling/recorded.ts';
import { kubeflow } from './index.ts';
import { readPipelineSpec } from './pipeline-spec.ts';
import { argoNodeId } from './workflow-nodes.ts';

const captures = new URL('../../../../../../shared/captures/', import.meta.url);
const fixture = (name: string) => JSON.parse(readFileSync(new URL(`testdata/${name}`, import.meta.url), 'utf8'));
const nowMs = Date.parse('2026-10-05T08:01:00Z');

/** A server of the line 2.x: one run on each page, no list of tasks. */
function kfp2(runs: unknown[], { path, query }: Asked): unknown {
  if (path === '/apis/v2beta1/pipelines/p1') return { pipeline_id: 'p1', display_name: 'Nightly training' };
  if (path === '/apis/v2beta1/pipelines/p1/versions/v1') return fixture('spec.json');
  if (path !== '/apis/v2beta1/runs') return [404, { error: 'Not Found' }];
  const from = Number(query.get('page_token') || 0);
  return {
    runs: runs.slice(from, from + 1),
    total_size: runs.length,
    next_page_token: from + 1 < runs.length ? String(from + 1) : '',
  };
}

let runs: Record<string, unknown>[];
let override: ((asked: Asked) => unknown) | undefined;
let server: LocalServer;
let context: Recorded;
beforeEach(async () => {
  runs = [fixture('run.json')];
  override = undefined;
  server = await localServer((asked) => override?.(asked) ?? kfp2(runs, asked));
  context = recorded(() => nowMs);
});
afterEach(() => server.close());

async function readOnce(more: object = {}): Promise<PipelineRun[]> {
  const config = kubeflow.config.parse({ servers: [{ url: server.url, labels: { cluster: 'c1' }, ...more }] });
  const receiver = kubeflow.create(config, context);
  receiver.start?.();
  const [source] = await untilSources(
    () => receiver.sources(),
    ([first]) => first?.state !== 'waiting',
  );
  await receiver.stop();
  expect(source?.lastError).toBeNull();
  return context.sink.records.map(({ body }) => pipelineRun.parse(body));
}
const task = (run: PipelineRun | undefined, id: string) => run?.tasks.find((one) => one.id === id);
const at = (time: string) => Date.parse(`2026-10-05T${time}Z`);

describe('kubeflow, servers of the line 2.x', () => {
  it('joins the nodes of the workflow on the tasks of the compiled pipeline', async () => {
    const [run] = await readOnce();
    expect(run).toMatchObject({
      id: 'run-1',
      name: 'nightly 12',
      pipeline: 'Nightly training',
      state: 'running',
      createdAt: at('08:00:00'),
      startedAt: at('08:00:10'),
      finishedAt: null,
    });
    expect(run?.tasks.map(({ id, state, dependsOn }) => [id, state, dependsOn])).toEqual([
      ['fetch', 'cached', []],
      ['train', 'running', ['fetch']],
      ['condition-1', 'pending', ['train']],
      ['condition-1/deploy', 'pending', ['train']],
      ['report', 'not_run', ['train']],
    ]);
    expect(task(run, 'train')).toMatchObject({ startedAt: at('08:00:20'), finishedAt: null });
    expect(task(run, 'report')).toMatchObject({ startedAt: null, finishedAt: null });
  });

  it('emits states and durations, to now while something runs', async () => {
    await readOnce();
    const labels = { pipeline: 'Nightly training', cluster: 'c1' };
    expect(context.value('binnacle_pipeline_runs', { ...labels, state: 'running' })).toBe(1);
    expect(
      context.value('binnacle_pipeline_run_state', { ...labels, run_id: 'run-1', run: 'nightly 12', state: 'running' }),
    ).toBe(1);
    expect(context.value('binnacle_pipeline_run_duration_seconds', { ...labels, run_id: 'run-1' })).toBe(50);
    expect(context.value('binnacle_pipeline_task_duration_seconds', { task: 'fetch', state: 'cached' })).toBe(10);
    expect(context.value('binnacle_pipeline_task_duration_seconds', { task: 'train', state: 'running' })).toBe(40);
    expect(context.value('binnacle_pipeline_task_duration_seconds', { task: 'report' })).toBeUndefined();
  });

  it('reads nothing of the run parameters', async () => {
    await readOnce();
    expect(JSON.stringify(context.sink.records)).not.toContain('hunter2');
  });

  it('follows pages, up to the newest maxRuns, and asks for what is young enough', async () => {
    runs = [1, 2, 3].map((i) => ({ ...fixture('run.json'), run_id: `run-${i}` }));
    expect((await readOnce({ maxRuns: 2, namespace: 'team-a', lookbackHours: 1 })).map(({ id }) => id)).toEqual([
      'run-1',
      'run-2',
    ]);
    const { query } = server.asked[0]!;
    expect(query.get('namespace')).toBe('team-a');
    expect(JSON.parse(query.get('filter') ?? '')).toEqual({
      predicates: [{ key: 'created_at', operation: 'GREATER_THAN', timestamp_value: '2026-10-05T07:01:00.000Z' }],
    });
  });

  it('keeps the runs of a pipeline that was deleted', async () => {
    override = ({ path }) => (path.includes('/pipelines/') ? [404, {}] : undefined);
    const [run] = await readOnce();
    expect(run?.pipeline).toBe('p1');
    expect(run?.tasks.map(({ id, state }) => [id, state])).toEqual([
      ['fetch', 'cached'],
      ['train', 'running'],
      ['report', 'not_run'],
    ]);
  });

  it('asks once for what cannot change, and writes a record only when it changed', async () => {
    runs = [{ ...fixture('run.json'), state: 'SUCCEEDED', finished_at: '2026-10-05T08:00:50Z' }];
    const config = kubeflow.config.parse({ servers: [{ url: server.url, intervalSeconds: 0.05 }] });
    const receiver = kubeflow.create(config, context);
    receiver.start?.();
    await context.readings(3);
    await receiver.stop();
    expect(context.sink.records).toHaveLength(1);
    expect(server.asked.filter(({ path }) => path.includes('/pipelines/'))).toHaveLength(2);
    expect(server.asked.filter(({ path }) => path.endsWith('/tasks'))).toHaveLength(1);
    expect(context.value('binnacle_pipeline_run_duration_seconds', { run_id: 'run-1' })).toBe(40);
  });
});

describe('kubeflow, KFP 3', () => {
  it('takes tasks as the server lists them', async () => {
    const tasks = [
      { task_id: 't0', name: 'root', type: 'ROOT', state: 'RUNNING', create_time: '2026-10-05T08:00:00Z' },
      {
        task_id: 't1',
        name: 'fetch',
        display_name: 'Fetch',
        parent_task_id: 't0',
        state: 'CACHED',
        create_time: '2026-10-05T08:00:01Z',
        end_time: '2026-10-05T08:00:02Z',
      },
      {
        task_id: 't2',
        name: 'train',
        parent_task_id: 't0',
        state: 'FAILED',
        create_time: '2026-10-05T08:00:02Z',
        end_time: '2026-10-05T08:00:32Z',
        status_metadata: { message: 'CUDA out of memory' },
        inputs: { artifacts: [{ producer: { task_name: 'fetch' } }], parameters: [{ producer: null }] },
      },
    ];
    override = ({ path, query }) => {
      if (path !== '/apis/v2beta1/runs/run-1/tasks') return undefined;
      return query.get('page_token') === '2'
        ? { tasks: tasks.slice(2) }
        : { tasks: tasks.slice(0, 2), next_page_token: '2' };
    };
    const [run] = await readOnce();
    expect(run?.tasks).toEqual([
      {
        id: 't1',
        name: 'Fetch',
        state: 'cached',
        startedAt: at('08:00:01'),
        finishedAt: at('08:00:02'),
        dependsOn: [],
        error: null,
      },
      {
        id: 't2',
        name: 'train',
        state: 'failed',
        startedAt: at('08:00:02'),
        finishedAt: at('08:00:32'),
        dependsOn: ['t1'],
        error: 'CUDA out of memory',
      },
    ]);
    expect(context.value('binnacle_pipeline_task_duration_seconds', { task: 'train', state: 'failed' })).toBe(30);
  });
});

describeReceiverContract(kubeflow, {
  kind: 'pull',
  minimalConfig: { servers: [{ url: 'http://ml-pipeline:8888' }] },
  placeOfFault: /runs\.0\.run_id/,
  async open() {
    const good = await localServer((asked) => kfp2([fixture('run.json')], asked));
    const bad = await localServer(() => ({ runs: [{ display_name: 'x' }] }));
    const options = { labels: { cluster: 'test' }, intervalSeconds: 0.05 };
    return {
      config: { servers: [{ ...options, url: good.url }] },
      awayConfig: { servers: [{ ...options, url: 'http://127.0.0.1:1' }] },
      malformedConfig: { servers: [{ ...options, url: bad.url }] },
      labels: { cluster: 'test' },
      family: 'binnacle_pipeline_run_state',
      async close() {
        await Promise.all([good.close(), bad.close()]);
      },
    };
  },
});

describe.skipIf(!existsSync(captures))('captured reality', () => {
  it('reads a failed run of KFP 2.16: 19 nodes are 7 tasks, 5 of which never ran', async () => {
    runs = [JSON.parse(readFileSync(new URL('kfp-run.json', captures), 'utf8'))];
    const [run] = await readOnce();
    expect(run).toMatchObject({
      state: 'failed',
      createdAt: at('08:09:58'),
      startedAt: at('08:10:00'),
      finishedAt: at('08:11:42'),
    });
    expect(Object.fromEntries(run!.tasks.map(({ id, state }) => [id, state]))).toEqual({
      close: 'not_run',
      'workspace-name': 'succeeded',
      publish: 'not_run',
      collect: 'not_run',
      prepare: 'not_run',
      createpvc: 'failed',
      'train-wait': 'not_run',
    });
    expect(task(run, 'workspace-name')).toMatchObject({ startedAt: at('08:10:19'), finishedAt: at('08:11:01') });
    expect(context.value('binnacle_pipeline_run_duration_seconds', {})).toBe(102);
    expect(argoNodeId('general-cpu-rnggt', 'root.workspace-name.executor(0)')).toBe('general-cpu-rnggt-1467617326');
  });

  it('reads the edges of a compiled pipeline', () => {
    const spec = readPipelineSpec(parseYaml(readFileSync(new URL('kfp-pipeline.yaml', captures), 'utf8')));
    expect(spec?.name).toBe('iris-training-pipeline');
    expect(spec?.tasks.map(({ id, dependsOn }) => [id, dependsOn])).toEqual([
      ['create-dataset', []],
      ['normalize-dataset', ['create-dataset']],
      ['train-model', ['normalize-dataset']],
    ]);
  });

  it('reads the tasks of the shape of KFP 3', async () => {
    const page = JSON.parse(readFileSync(new URL('kfp-tasks-v3.synthetic.json', captures), 'utf8'));
    override = ({ path }) => (path.endsWith('/tasks') ? page : undefined);
    const [run] = await readOnce();
    expect(run?.tasks.map(({ name, state, dependsOn }) => [name, state, dependsOn])).toEqual([
      ['create-dataset', 'cached', []],
      ['train-model', 'succeeded', ['t-1']],
    ]);
  });
});
