import type { ReceiverDefinition } from '../receiver.ts';
import { type RemoteWriteConfig, remoteWriteConfig } from './config.ts';
import { RemoteWriteReceiver } from './remote-write.ts';

export const remoteWrite: ReceiverDefinition<RemoteWriteConfig> = {
  name: 'remote-write',
  summary: 'Takes Prometheus remote write 1.0 and 2.0 at POST /api/v1/write.',
  config: remoteWriteConfig,
  emits: [],
  create: (config, context) => new RemoteWriteReceiver(config, context),
};
