import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { status } from '@grpc/grpc-js';
import { pino } from 'pino';
import { expect, it, onTestFinished } from 'vitest';
import { startAgent } from '../../src/agent/agent.ts';
import { parseConfig } from '../../src/config/config-file.ts';
import { agentSettings } from '../../src/config/settings.ts';
import { framed, RawGrpc } from '../../src/gateway/grpc/test-call.ts';
import { startMetrics } from '../../src/telemetry/metrics.ts';
import { freePort, startGateway } from '../gateway-process.ts';
import { hex, logsBytes, logsRequest, nano, text, traceBytes, traceRequest } from './otlp-bodies.ts';

const now = Date.now();
const span = (n: number) => ({ traceId: hex(n, 32), spanId: hex(n, 16), name: 's', startTimeUnixNano: nano(now) });

it('an agent hands spans and log records on, and acknowledges what the gateway has stored', {
  timeout: 90_000,
}, async () => {
  const gateway = await startGateway();
  const metrics = startMetrics('agent', 'test');
  const folder = mkdtempSync(join(tmpdir(), 'binnacle-agent-otlp-'));
  const [port, grpcPort] = [await freePort(), await freePort()];
  const loaded = await parseConfig('receivers: {otlp: {}, otlp-records: {}}', 'test', {});
  const environment = {
    BINNACLE_DATA_DIR: folder,
    BINNACLE_GATEWAY_URL: gateway.url,
    BINNACLE_AGENT_PORT: `${port}`,
    BINNACLE_AGENT_GRPC_PORT: `${grpcPort}`,
  };
  const settings = { ...agentSettings({}, environment, loaded.config), shutdownSeconds: 0 };
  const agent = await startAgent({ ...settings, loaded, log: pino({ level: 'silent' }), metrics });
  const client = new RawGrpc(`127.0.0.1:${grpcPort}`);
  onTestFinished(async () => {
    client.close();
    await agent.stop();
    await metrics.stop();
    if (gateway.child.exitCode === null && gateway.child.signalCode === null) await gateway.stop();
    // Files of a process that was killed may still be on their way out.
    rmSync(gateway.directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
    rmSync(folder, { recursive: true, force: true });
  });
  const post = (request: object) =>
    fetch(`${agent.url}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(request),
    });

  // One of the two is refused here already, and is not the gateway's business alone.
  const answer = await post(traceRequest([span(1), { ...span(2), spanId: '' }]));
  expect(await answer.json()).toMatchObject({ partialSuccess: { rejectedSpans: '1' } });
  const shown = (await (await fetch(`${gateway.url}/api/binnacle/traces/${hex(1, 32)}`)).json()) as {
    spans: unknown[];
  };
  expect(shown.spans).toHaveLength(1);

  const record = logsBytes(logsRequest([{ body: text('by way of an agent') }]));
  const logs = '/opentelemetry.proto.collector.logs.v1.LogsService/Export';
  expect((await client.call(logs, framed(record))).status).toBe(status.OK);
  const { logs: found } = (await (await fetch(`${gateway.url}/api/binnacle/logs`)).json()) as { logs: unknown[] };
  expect(found).toMatchObject([{ body: 'by way of an agent', service: 'trainer' }]);

  // Metrics of the same door go into the spool, as everything that the agent reads.
  const empty = '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export';
  expect((await client.call(empty, framed(Buffer.alloc(0)))).status).toBe(status.OK);

  await gateway.stop({ keepDirectory: true });
  const away = await post(traceRequest([span(3)]));
  expect(away.status).toBe(503);
  expect(away.headers.get('retry-after')).toMatch(/^\d+$/);
  const trace = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';
  expect((await client.call(trace, framed(traceBytes(traceRequest([span(3)]))))).status).toBe(status.UNAVAILABLE);
});
