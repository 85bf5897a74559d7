import type { ReceiverDefinition } from '../receiver.ts';
import { type OtlpConfig, otlpConfig } from './config.ts';
import { OtlpReceiver } from './otlp.ts';

export const otlp: ReceiverDefinition<OtlpConfig> = {
  name: 'otlp',
  summary: 'Takes OpenTelemetry metrics at POST /v1/metrics (OTLP/HTTP, protobuf and JSON).',
  config: otlpConfig,
  emits: [],
  create: (config, context) => new OtlpReceiver(config, context),
};
