import { BinnacleError } from '@binnacle/shared/errors.ts';
import { ownMetrics } from '../polling/own-metrics.ts';
import { Poller, polledReceiver } from '../polling/poller.ts';
import type { Round } from '../polling/round.ts';
import type { ReceiverDefinition } from '../receiver.ts';
import { type InfinibandConfig, type InfinibandRoot, infinibandConfig } from './config.ts';
import { infinibandMetrics } from './metadata.ts';
import { type DeviceReading, listDevices, readDevice } from './read-sysfs.ts';

/** InfiniBand and RoCE ports out of sysfs, under the names of node_exporter. */
export const infiniband: ReceiverDefinition<InfinibandConfig> = {
  name: 'infiniband',
  summary: 'Ports of InfiniBand and RoCE adapters, read from sysfs.',
  config: infinibandConfig,
  emits: ownMetrics(),
  create(config, context) {
    const pollers = config.roots.map(
      (root) =>
        new Poller(
          {
            receiver: 'infiniband',
            source: root.hostname,
            labels: root.labels,
            address: `${root.root.replace(/\/+$/, '')}/class/infiniband`,
            intervalSeconds: root.intervalSeconds,
            timeoutSeconds: Math.max(10, root.intervalSeconds),
            up: { job: 'infiniband', instance: root.hostname },
            metadata: infinibandMetrics,
            read: (round, signal) => readRoot(root, round, signal),
          },
          context,
        ),
    );
    return polledReceiver(pollers);
  },
};

async function readRoot(root: InfinibandRoot, round: Round, signal: AbortSignal): Promise<void> {
  let devices: string[];
  try {
    devices = await listDevices(root.root);
  } catch (error) {
    throw new BinnacleError(
      'not_found',
      `${root.root}/class/infiniband cannot be listed: no InfiniBand driver is loaded, or sysfs is not mounted there.`,
      {
        cause: error,
      },
    );
  }
  for (const device of devices) {
    signal.throwIfAborted();
    addDevice(round, root.hostname, await readDevice(root.root, device));
  }
}

function addDevice(round: Round, instance: string, reading: DeviceReading): void {
  for (const problem of reading.problems) round.warn(problem);
  for (const port of reading.ports) {
    const labels = { device: reading.device, port: port.port, instance };
    round.sample(
      'node_infiniband_info',
      {
        ...labels,
        board_id: reading.boardId,
        firmware_version: reading.firmwareVersion,
        hca_type: reading.hcaType,
        link_layer: port.linkLayer ?? '',
      },
      1,
    );
    round.sample('node_infiniband_state_id', labels, port.stateId);
    round.sample('node_infiniband_physical_state_id', labels, port.physicalStateId);
    round.sample('node_infiniband_rate_bytes_per_second', labels, port.rateBytesPerSecond);
    round.sample('node_infiniband_lifespan_seconds', labels, port.lifespanSeconds);
    for (const [name, value] of port.counters) round.sample(`node_infiniband_${name}_total`, labels, value);
  }
}
