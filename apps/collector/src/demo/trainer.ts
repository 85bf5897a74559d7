import type { DemoClock } from './clock.ts';
import { bell, seedOf } from './noise.ts';
import { demoCluster, trainingJob } from './scenario.ts';
import { trainingState } from './training-state.ts';

export interface TrainingSample {
  readonly name: string;
  readonly rank?: string;
  readonly value: number;
}

const rankSeeds = Array.from({ length: trainingJob.ranks }, (_, rank) => seedOf(`step ${rank}`));

/** What the trainer knows after its newest step: ranks end a step together, a few milliseconds apart. */
export function trainingSamples(clock: DemoClock, atMs: number): TrainingSample[] {
  const state = trainingState(clock, atMs);
  const step = clock.step(atMs);
  const samples: TrainingSample[] = rankSeeds.map((seed, rank) => ({
    name: 'binnacle_training_step_seconds',
    rank: String(rank),
    value: state.stepSeconds + 0.004 * bell(seed, step),
  }));
  samples.push({ name: 'binnacle_training_tokens_per_second', value: state.tokensPerSecond });
  samples.push({ name: 'binnacle_training_mfu_ratio', value: state.mfuRatio });
  return samples;
}

/** The labels that the gateway gives these samples, `job` from the resource included. */
export function trainingLabels({ name, rank }: TrainingSample): Record<string, string> {
  return { __name__: name, job: trainingJob.name, cluster: demoCluster, ...(rank === undefined ? {} : { rank }) };
}

/** `ExportMetricsServiceRequest` in OTLP's JSON encoding (opentelemetry-proto, `metrics/v1`): gauges of the newest step. */
export function trainingRequest(clock: DemoClock, atMs: number): unknown {
  const byName = Map.groupBy(trainingSamples(clock, atMs), (sample) => sample.name);
  const attribute = (key: string, value: string) => ({ key, value: { stringValue: value } });
  const metrics = [...byName].map(([name, samples]) => ({
    name,
    gauge: {
      dataPoints: samples.map(({ rank, value }) => ({
        timeUnixNano: `${Math.floor(atMs)}000000`,
        asDouble: value,
        attributes: rank === undefined ? [] : [attribute('rank', rank)],
      })),
    },
  }));
  return {
    resourceMetrics: [
      {
        resource: { attributes: [attribute('service.name', trainingJob.name), attribute('cluster', demoCluster)] },
        scopeMetrics: [{ scope: { name: 'demo-trainer', version: '1.0.0' }, metrics }],
      },
    ],
  };
}
