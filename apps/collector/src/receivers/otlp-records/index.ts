import type { ReceiverDefinition } from '../receiver.ts';
import { type OtlpRecordsConfig, otlpRecordsConfig } from './config.ts';
import { OtlpRecordsReceiver } from './otlp-records.ts';

export const otlpRecords: ReceiverDefinition<OtlpRecordsConfig> = {
  name: 'otlp-records',
  summary: 'Takes OpenTelemetry spans at POST /v1/traces and log records at POST /v1/logs (OTLP, HTTP and gRPC).',
  config: otlpRecordsConfig,
  emits: [],
  create: (_config, context) => new OtlpRecordsReceiver(context),
};
