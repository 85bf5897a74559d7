import type { PipelineRun } from '@binnacle/shared/api/domain.ts';
import { addressOf } from '../polling/bounded-http.ts';
import { ownMetrics } from '../polling/own-metrics.ts';
import { Poller, polledReceiver } from '../polling/poller.ts';
import type { Round } from '../polling/round.ts';
import type { ReceiverDefinition } from '../receiver.ts';
import { type KubeflowConfig, kubeflowConfig } from './config.ts';
import { RunReader } from './read-runs.ts';

const kubeflowMetrics = ownMetrics(
  'binnacle_pipeline_runs',
  'binnacle_pipeline_run_state',
  'binnacle_pipeline_run_duration_seconds',
  'binnacle_pipeline_task_duration_seconds',
);

/** Runs and tasks of Kubeflow Pipelines (v2beta1, servers of the lines 2.x and 3). */
export const kubeflow: ReceiverDefinition<KubeflowConfig> = {
  name: 'kubeflow',
  summary: 'Runs and tasks of Kubeflow Pipelines.',
  config: kubeflowConfig,
  emits: kubeflowMetrics,
  create(config, context) {
    return polledReceiver(
      config.servers.map((server) => {
        const reader = new RunReader(server);
        const address = addressOf(server.url);
        return new Poller(
          {
            receiver: 'kubeflow',
            source: server.namespace === undefined ? address : `${address} ${server.namespace}`,
            labels: server.labels,
            address,
            intervalSeconds: server.intervalSeconds,
            timeoutSeconds: server.timeoutSeconds,
            up: { job: 'kubeflow', instance: new URL(server.url).host },
            metadata: kubeflowMetrics,
            async read(round, signal) {
              addRuns(
                round,
                await reader.read(round.atMs, { signal, maxBytes: 32 * 1024 * 1024 }),
                server.labels.cluster ?? '',
              );
            },
          },
          context,
        );
      }),
    );
  },
};

function addRuns(round: Round, runs: readonly PipelineRun[], cluster: string): void {
  const counts = new Map<string, { pipeline: string; state: string; runs: number }>();
  for (const run of runs) {
    const { pipeline, state } = run;
    const count = counts.get(`${state} ${pipeline}`) ?? { pipeline, state, runs: 0 };
    count.runs++;
    counts.set(`${state} ${pipeline}`, count);
    addRun(round, run);
    round.record('pipeline_run', cluster, run.id, run.createdAt ?? round.atMs, run);
  }
  for (const { pipeline, state, runs: value } of counts.values())
    round.sample('binnacle_pipeline_runs', { pipeline, state }, value);
}

function addRun(round: Round, run: PipelineRun): void {
  const labels = { pipeline: run.pipeline, run_id: run.id };
  round.sample('binnacle_pipeline_run_state', { ...labels, run: run.name, state: run.state }, 1);
  const running = run.state === 'running' || run.state === 'canceling';
  const end = run.finishedAt ?? (running ? round.atMs : null);
  round.sample(
    'binnacle_pipeline_run_duration_seconds',
    { ...labels, run: run.name },
    seconds(run.startedAt ?? run.createdAt, end),
  );
  const names = new Map<string, number>();
  for (const { name } of run.tasks) names.set(name, (names.get(name) ?? 0) + 1);
  for (const task of run.tasks) {
    // Iterations of a loop share a name; only then does the id tell them apart.
    const name = names.get(task.name) === 1 ? task.name : task.id;
    const taskEnd = task.finishedAt ?? (task.state === 'running' ? round.atMs : null);
    round.sample(
      'binnacle_pipeline_task_duration_seconds',
      { ...labels, task: name, state: task.state },
      seconds(task.startedAt, taskEnd),
    );
  }
}

function seconds(from: number | null, to: number | null): number | null {
  return from === null || to === null ? null : Math.max(0, (to - from) / 1000);
}
