import { logsAnswer, traceAnswer } from '@binnacle/shared/api/otel.ts';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { OTLPLogExporter as GrpcLogs } from '@opentelemetry/exporter-logs-otlp-grpc';
import { OTLPLogExporter as JsonLogs } from '@opentelemetry/exporter-logs-otlp-http';
import { OTLPLogExporter as ProtobufLogs } from '@opentelemetry/exporter-logs-otlp-proto';
import { OTLPMetricExporter as GrpcMetrics } from '@opentelemetry/exporter-metrics-otlp-grpc';
import { OTLPMetricExporter as JsonMetrics } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPMetricExporter as ProtobufMetrics } from '@opentelemetry/exporter-metrics-otlp-proto';
import { OTLPTraceExporter as GrpcTraces } from '@opentelemetry/exporter-trace-otlp-grpc';
import { OTLPTraceExporter as JsonTraces } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtobufTraces } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type GatewayProcess, startGateway } from '../gateway-process.ts';

let gateway: GatewayProcess;

beforeAll(async () => {
  gateway = await startGateway();
}, 90_000);
afterAll(() => gateway.stop());

const transports = {
  'http/protobuf': {
    traces: () => new ProtobufTraces({ url: `${gateway.url}/v1/traces` }),
    logs: () => new ProtobufLogs({ url: `${gateway.url}/v1/logs` }),
    metrics: () => new ProtobufMetrics({ url: `${gateway.url}/v1/metrics` }),
  },
  'http/json': {
    traces: () => new JsonTraces({ url: `${gateway.url}/v1/traces` }),
    logs: () => new JsonLogs({ url: `${gateway.url}/v1/logs` }),
    metrics: () => new JsonMetrics({ url: `${gateway.url}/v1/metrics` }),
  },
  grpc: {
    traces: () => new GrpcTraces({ url: `http://${gateway.grpc}` }),
    logs: () => new GrpcLogs({ url: `http://${gateway.grpc}` }),
    metrics: () => new GrpcMetrics({ url: `http://${gateway.grpc}` }),
  },
};

describe.each(Object.entries(transports))('the OpenTelemetry SDK for JavaScript over %s', (name, exporters) => {
  const service = `trainer ${name}`;
  const resource = resourceFromAttributes({ 'service.name': service, 'host.name': 'gpu-01' });

  it('its spans come back as they were', async () => {
    const provider = new TracerProvider({
      resource,
      spanProcessors: [new BatchSpanProcessor({ exporter: exporters.traces() })],
    });
    const tracer = provider.getTracer('steps', '2.0.1');
    const root = tracer.startSpan('step', { kind: SpanKind.PRODUCER, attributes: { step: 7, ranks: ['0', '1'] } });
    root.addEvent('checkpoint', { bytes: 1024 });
    root.addLink({ context: { traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8), traceFlags: 1 } });
    root.setStatus({ code: SpanStatusCode.ERROR, message: 'NCCL timeout' });
    root.end();
    await provider.forceFlush();
    await provider.shutdown();
    const { traceId, spanId } = root.spanContext();
    const answer = await fetch(`${gateway.url}/api/binnacle/traces/${traceId}`);
    expect(traceAnswer.parse(await answer.json()).spans).toMatchObject([
      {
        traceId,
        spanId,
        parentSpanId: '',
        name: 'step',
        kind: 'Producer',
        service,
        status: 'Error',
        statusMessage: 'NCCL timeout',
        scopeName: 'steps',
        scopeVersion: '2.0.1',
        attributes: { step: '7', ranks: '["0","1"]' },
        resourceAttributes: { 'service.name': service, 'host.name': 'gpu-01' },
        events: [{ name: 'checkpoint', attributes: { bytes: '1024' } }],
        links: [{ traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8) }],
      },
    ]);
  });

  it('its log records come back as they were', async () => {
    const provider = new LoggerProvider({
      resource,
      processors: [new BatchLogRecordProcessor({ exporter: exporters.logs() })],
    });
    const logger = provider.getLogger('kernel', '6.1');
    logger.emit({
      severityNumber: 17,
      severityText: 'ERROR',
      body: { xid: 79, text: 'GPU has fallen off the bus' },
      attributes: { pci: '0000:3b:00.0', fatal: true },
      eventName: 'xid',
    });
    await provider.forceFlush();
    await provider.shutdown();
    const answer = await fetch(`${gateway.url}/api/binnacle/logs?${new URLSearchParams({ service })}`);
    expect(logsAnswer.parse(await answer.json()).logs).toMatchObject([
      {
        severityNumber: 17,
        severityText: 'ERROR',
        body: '{"xid":79,"text":"GPU has fallen off the bus"}',
        attributes: { pci: '0000:3b:00.0', fatal: 'true' },
        eventName: 'xid',
        scopeName: 'kernel',
        scopeVersion: '6.1',
        resourceAttributes: { 'service.name': service, 'host.name': 'gpu-01' },
      },
    ]);
  });

  it('its metrics can be queried', async () => {
    const reader = new PeriodicExportingMetricReader({ exporter: exporters.metrics(), exportIntervalMillis: 600_000 });
    const provider = new MeterProvider({ resource, readers: [reader] });
    provider.getMeter('m').createCounter('train.steps').add(3, { rank: '0' });
    await provider.forceFlush();
    await provider.shutdown();
    const found = await gateway.query(`train_steps_total{job="${service}"}`);
    expect(found).toMatchObject([{ metric: { rank: '0' }, value: '3' }]);
  });
});
