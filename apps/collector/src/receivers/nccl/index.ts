import { ownMetrics } from '../polling/own-metrics.ts';
import { Poller, polledReceiver } from '../polling/poller.ts';
import type { Round } from '../polling/round.ts';
import type { ReceiverContext, ReceiverDefinition } from '../receiver.ts';
import { Communicators } from './communicators.ts';
import { expectedLine, type InspectorSource, type NcclConfig, ncclConfig, type TestSource } from './config.ts';
import { findFiles } from './find-files.ts';
import { FileFollower } from './follow-files.ts';
import { readInspectorLine } from './inspector-record.ts';
import { TestReader } from './read-tests.ts';

const inspectorMetrics = ownMetrics(
  'binnacle_collective_bus_bandwidth_bytes_per_second',
  'binnacle_collective_expected_bus_bandwidth_bytes_per_second',
  'binnacle_collective_exec_seconds',
  'binnacle_collective_skew_seconds',
  'binnacle_collective_straggler_rank',
);
const testMetrics = ownMetrics(
  'binnacle_nccl_test_bus_bandwidth_bytes_per_second',
  'binnacle_nccl_test_expected_bus_bandwidth_bytes_per_second',
);

/** Collectives: live, from the logs of NCCL Inspector, and as measured by nccl-tests. */
export const nccl: ReceiverDefinition<NcclConfig> = {
  name: 'nccl',
  summary: 'Collectives: logs of NCCL Inspector, and results of nccl-tests.',
  config: ncclConfig,
  emits: [...inspectorMetrics, ...testMetrics.slice(1)],
  create(config, context) {
    return polledReceiver([
      ...config.inspector.map((source) => inspectorPoller(source, context)),
      ...config.tests.map((source) => testPoller(source, context)),
    ]);
  },
};

function inspectorPoller(source: InspectorSource, context: ReceiverContext): Poller {
  const follower = new FileFollower();
  const communicators = new Communicators();
  return new Poller(
    {
      receiver: 'nccl',
      source: source.path,
      labels: source.labels,
      address: source.path,
      intervalSeconds: source.intervalSeconds,
      timeoutSeconds: Math.max(30, source.intervalSeconds),
      up: { job: source.job, instance: source.path },
      metadata: inspectorMetrics,
      read: (round, signal) => readInspector(source, follower, communicators, round, signal),
    },
    context,
  );
}

async function readInspector(
  source: InspectorSource,
  follower: FileFollower,
  communicators: Communicators,
  round: Round,
  signal: AbortSignal,
): Promise<void> {
  const { paths } = await findFiles(source.path, ['.log', '.json', '.jsonl']);
  if (paths.length === 0) round.warn(`${source.path}: NCCL Inspector has not written a file there yet.`);
  const oldestMs = round.atMs - source.staleAfterSeconds * 1000;
  await follower.read(paths, signal, (line, path, lineNumber) => {
    const record = readInspectorLine(line);
    if (record === null) round.warn(`${path}, line ${lineNumber}: not a line of NCCL Inspector.`);
    else if (
      record !== 'other' &&
      (record.dumpedAt ?? round.atMs) >= oldestMs &&
      !communicators.add(record, round.atMs)
    )
      round.warn(`${source.path}: too many series; some collectives are left out.`);
  });
  communicators.emit(round, source.job, expectedLine(source), oldestMs);
}

function testPoller(source: TestSource, context: ReceiverContext): Poller {
  const reader = new TestReader(source);
  return new Poller(
    {
      receiver: 'nccl',
      source: source.name,
      labels: source.labels,
      address: source.path,
      intervalSeconds: source.intervalSeconds,
      timeoutSeconds: 30,
      up: { job: 'nccl-tests', instance: source.name },
      metadata: testMetrics,
      read: (round, signal) => reader.read(round, signal),
    },
    context,
  );
}
