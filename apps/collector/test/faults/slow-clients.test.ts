import { connect } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { framed, RawGrpc } from '../../src/gateway/grpc/test-call.ts';
import { writeRequestHeaders } from '../../src/wire/remote-write-encode.ts';
import { freePort } from '../gateway-process.ts';
import { GatewayUnderFault } from './gateway-under-fault.ts';
import { bodyOf, RemoteWriter, series } from './remote-writer.ts';

const slowClients = 50;
const rounds = 40;
/** As much as one request may have by default. */
const announcedBytes = 16 * 1024 * 1024;
const sentAtOnce = Buffer.alloc(100_000, 1);
const metricsPath = '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export';

/** Announces the largest body there may be, sends a little of it, and then a byte at a time. */
function trickle(port: number, path: string, headers: Readonly<Record<string, string>>): void {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  const head = Object.entries({ host: 'a', ...headers, 'content-length': `${announcedBytes}` });
  socket.write(`POST ${path} HTTP/1.1\r\n${head.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`);
  socket.write(sentAtOnce);
  const timer = setInterval(() => socket.write('x'), 20);
  onTestFinished(() => {
    clearInterval(timer);
    socket.destroy();
  });
}

it(`${slowClients} clients at each door that announce much and send a byte at a time keep nobody out`, {
  timeout: 60_000,
}, async ({ annotate }) => {
  const grpcPort = await freePort();
  const gateway = await GatewayUnderFault.start({ env: { BINNACLE_GRPC_PORT: String(grpcPort) } });
  const port = Number(new URL(gateway.url).port);
  const before = gateway.memory().nowMiB;
  for (let i = 0; i < slowClients; i++) {
    trickle(port, '/api/v1/write', writeRequestHeaders);
    trickle(port, '/v1/metrics', { 'content-type': 'application/x-protobuf' });
  }
  const slow = new RawGrpc(`127.0.0.1:${grpcPort}`);
  onTestFinished(() => slow.close());
  const beginning = framed(Buffer.alloc(announcedBytes)).subarray(0, 50_000);
  for (let i = 0; i < slowClients; i++) await slow.hold(metricsPath, beginning).sent;

  const writer = new RemoteWriter(gateway.url, 1);
  const grpc = new RawGrpc(`127.0.0.1:${grpcPort}`);
  onTestFinished(() => grpc.close());
  const baseMs = Date.now() - 60_000;
  const answers = new Map<string, number>();
  const note = (answer: string) => answers.set(answer, (answers.get(answer) ?? 0) + 1);
  let slowestMs = 0;
  for (let n = 0; n < rounds; n++) {
    const began = performance.now();
    const point = { timeUnixNano: `${(baseMs + n * 1000) * 1e6}`, asDouble: n };
    const metrics = { scopeMetrics: [{ metrics: [{ name: 'honest_otlp', gauge: { dataPoints: [point] } }] }] };
    const [written, otlp, called] = await Promise.all([
      writer.send(bodyOf([[series('honest_write'), baseMs + n * 1000, n]])),
      fetch(`${gateway.url}/v1/metrics`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ resourceMetrics: [metrics] }),
      }),
      grpc.call(metricsPath, framed(Buffer.alloc(0))),
    ]);
    note(`remote write ${written.status}`);
    note(`OTLP ${otlp.status}`);
    note(`gRPC ${called.status}`);
    slowestMs = Math.max(slowestMs, performance.now() - began);
  }
  writer.close();
  expect(Object.fromEntries(answers)).toEqual({ 'remote write 204': rounds, 'OTLP 200': rounds, 'gRPC 0': rounds });
  const { peakMiB } = gateway.memory();
  await annotate(
    `${3 * slowClients} slow clients; slowest round ${slowestMs.toFixed(0)} ms, resident ${before.toFixed(0)} → ${peakMiB.toFixed(0)} MiB`,
  );
  await expect.poll(() => gateway.value('count_over_time(honest_write[5m])'), { timeout: 20_000 }).toBe(rounds);
  await expect.poll(() => gateway.value('count_over_time(honest_otlp[5m])'), { timeout: 20_000 }).toBe(rounds);
  if (!Number.isNaN(peakMiB)) expect(peakMiB - before).toBeLessThan(300);
});
