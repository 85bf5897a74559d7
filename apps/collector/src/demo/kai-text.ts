import type { DemoClock } from './clock.ts';
import { ExpositionWriter, renderLabels } from './exposition-writer.ts';
import { bell, seedOf } from './noise.ts';
import { type QueueState, queueStates } from './scheduling-state.ts';
import { SteppedCounters } from './stepped-counters.ts';

const cyclesPerStep = 10;
const seed = seedOf('kai');
const cpuCoresPerGpu = 12;
const memoryBytesPerGpu = 120e9;

const labelsOf = (queue: QueueState): string =>
  renderLabels({ queue_name: queue.name, queue_metadata_name: queue.name, queue_display_name: '' });
const scaled = (value: number, factor: number): number => (value === -1 ? -1 : value * factor);

/** `/metrics` of KAI's queue controller: quotas and allocations, -1 = unlimited. */
export function renderQueueController(clock: DemoClock, atMs: number): string {
  const states = queueStates(clock, atMs);
  const writer = new ExpositionWriter();
  const family = (name: string, help: string, value: (queue: QueueState) => number): void => {
    writer.family(`kai_${name}`, 'gauge', help);
    for (const queue of states) writer.sample(`kai_${name}`, labelsOf(queue), value(queue));
  };
  family('queue_info', 'Queues info', () => 1);
  family('queue_deserved_gpus', 'Queue deserved GPUs', (queue) => queue.quota);
  family('queue_quota_cpu_cores', 'Queue quota CPU', (queue) => scaled(queue.quota, cpuCoresPerGpu));
  family('queue_quota_memory_bytes', 'Queue quota memory', (queue) => scaled(queue.quota, memoryBytesPerGpu));
  family('queue_allocated_gpus', 'Queue allocated GPUs', (queue) => queue.allocated);
  family('queue_allocated_cpu_cores', 'Queue allocated CPUs', (queue) => queue.allocated * cpuCoresPerGpu);
  family('queue_allocated_memory_bytes', 'Queue allocated memory', (queue) => queue.allocated * memoryBytesPerGpu);
  return writer.toString();
}

/** The scheduler's counters that grow: cycles that tried, and found, something to do. */
export function schedulerCounters(clock: DemoClock): SteppedCounters {
  return new SteppedCounters({
    epochMs: clock.epochMs,
    size: 2,
    offsets: clock.hasPast ? Float64Array.of(5210, 41_870) : new Float64Array(2),
    growth: (startMs, growth) => {
      // Every cycle of a starved queue tries to reclaim, and finds its victims protected.
      growth[1] = clock.active('starvedQueue', startMs) ? cyclesPerStep : 0;
    },
  });
}

/** `/metrics` of KAI's scheduler: fair shares and the latency of its newest cycle. */
export function renderScheduler(clock: DemoClock, counters: SteppedCounters, atMs: number): string {
  const states = queueStates(clock, atMs);
  const step = clock.step(atMs);
  const starved = clock.active('starvedQueue', atMs);
  const writer = new ExpositionWriter();
  const one = (name: string, help: string, value: number, labels = ''): void => {
    writer.family(`kai_${name}`, 'gauge', help).sample(`kai_${name}`, labels, value.toFixed(3));
  };
  const busy = 1 + 0.1 * bell(seed, step);
  one(
    'e2e_scheduling_latency_milliseconds',
    'E2e scheduling latency in milliseconds, as a gauge',
    (starved ? 46 : 11) * busy,
  );
  one('open_session_latency_milliseconds', 'Open session latency in milliseconds, as a gauge', 6.2 * busy);
  one('close_session_latency_milliseconds', 'Close session latency in milliseconds, as a gauge', 0.9 * busy);
  writer.family(
    'kai_action_scheduling_latency_milliseconds',
    'gauge',
    'Action scheduling latency in milliseconds, as a gauge',
  );
  const actions: readonly (readonly [string, number])[] = [
    ['allocate', 2.1],
    ['consolidation', 0.6],
    ['reclaim', starved ? 34 : 0.4],
    ['preempt', 0.3],
    ['stalegangeviction', 0.1],
  ];
  for (const [action, milliseconds] of actions)
    writer.sample(
      'kai_action_scheduling_latency_milliseconds',
      renderLabels({ action }),
      (milliseconds * busy).toFixed(3),
    );
  const family = (name: string, help: string, value: (queue: QueueState) => number): void => {
    writer.family(`kai_${name}`, 'gauge', help);
    for (const queue of states) writer.sample(`kai_${name}`, labelsOf(queue), value(queue));
  };
  family('queue_fair_share_gpu', 'GPU Fair share of queue, as a gauge. Value is in GPUs', (queue) => queue.fairShare);
  family(
    'queue_fair_share_cpu_cores',
    'CPU Fair share of queue, as a gauge. Value is in Cores',
    (queue) => queue.fairShare * cpuCoresPerGpu,
  );
  family(
    'queue_fair_share_memory_gb',
    'Memory Fair share of queue, as a gauge. Value is in GB',
    (queue) => (queue.fairShare * memoryBytesPerGpu) / 1e9,
  );
  family('queue_gpu_usage', 'GPU usage of queue, as a gauge. Units depend on UsageDB configuration', () => 0);
  const [scheduled, reclaims] = counters.at(atMs);
  writer.family('kai_podgroups_scheduled_by_action', 'counter', 'Count of podgroups successfully scheduled per action');
  writer.sample(
    'kai_podgroups_scheduled_by_action',
    renderLabels({ action: 'allocate' }),
    Math.floor(scheduled as number),
  );
  writer.family('kai_podgroups_acted_on_by_action', 'counter', 'Count of podgroups tried per action');
  writer.sample(
    'kai_podgroups_acted_on_by_action',
    renderLabels({ action: 'reclaim' }),
    Math.floor(reclaims as number),
  );
  writer
    .family('kai_total_preemption_attempts', 'counter', 'Total preemption attempts in the cluster till now')
    .sample('kai_total_preemption_attempts', '', 0);
  return writer.toString();
}
