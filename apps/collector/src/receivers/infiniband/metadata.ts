import type { MetricMetadata } from '@binnacle/shared/telemetry/sample-batch.ts';
import { ownMetrics } from '../polling/own-metrics.ts';
import { counterFolders } from './counters.ts';

const gauge = (family: string, unit: string, help: string): MetricMetadata => ({
  family: `node_infiniband_${family}`,
  type: 'gauge',
  help,
  unit,
});

/** Every family the receiver writes: `up`, and the others under node_exporter's names. */
export const infinibandMetrics: readonly MetricMetadata[] = [
  ...ownMetrics(),
  gauge('info', '', '1 for each port, with the device, its firmware and the link layer (InfiniBand or Ethernet).'),
  gauge('state_id', '', 'Logical state of the port: 0 no change, 1 down, 2 init, 3 armed, 4 active, 5 active defer.'),
  gauge(
    'physical_state_id',
    '',
    'Physical state: 0 no change, 1 sleep, 2 polling, 3 disabled, 4 training, 5 link up, 6 error recovery.',
  ),
  gauge(
    'rate_bytes_per_second',
    'bytes per second',
    'Signalling rate that the port negotiated, 1 Gb/s = 125e6 bytes/s.',
  ),
  gauge('lifespan_seconds', 'seconds', 'How long the driver caches hardware counters.'),
  ...counterFolders.flatMap(([, table]) =>
    Object.values(table).map(
      (file): MetricMetadata => ({
        family: `node_infiniband_${file.name}_total`,
        type: 'counter',
        help: file.help,
        unit: file.words ? 'bytes' : '',
      }),
    ),
  ),
];
