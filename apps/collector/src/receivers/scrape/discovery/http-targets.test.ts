import { pino } from 'pino';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { TestExporter } from '../test-exporter.ts';
import { HttpTargets } from './http-targets.ts';

const json = (content: unknown, type = 'application/json; charset=utf-8') =>
  ((_request, response) => {
    response
      .writeHead(200, { 'content-type': type })
      .end(typeof content === 'string' ? content : JSON.stringify(content));
  }) as TestExporter['handler'];

function open(server: TestExporter, path = '/sd', refreshSeconds = 0.05) {
  let changes = 0;
  const targets = new HttpTargets({
    url: new URL(`http://${server.host}${path}`),
    refreshSeconds,
    client: { tls: {}, followRedirects: true },
    changed: () => changes++,
    log: pino({ level: 'silent' }),
  });
  onTestFinished(() => targets.stop());
  targets.start();
  return { targets, changes: () => changes };
}
const until = (check: () => void) => vi.waitFor(check, { timeout: 5000, interval: 5 });
const list = (...addresses: string[]) => [{ targets: addresses, labels: { rack: 'r1' } }];

describe('http_sd', () => {
  it('asks again and again, says how often, and tells only of changes', async () => {
    const server = await TestExporter.open(json(list('a:1', 'b:1')));
    const { targets, changes } = open(server, '/sd?cluster=west');
    await until(() => expect(targets.groups()).toHaveLength(1));
    const [group] = targets.groups();
    expect(group).toEqual({
      labels: { rack: 'r1', __meta_url: `http://${server.host}/sd?cluster=west` },
      targets: [{ __address__: 'a:1' }, { __address__: 'b:1' }],
    });
    expect(server.requests[0]?.headers).toMatchObject({
      'x-prometheus-refresh-interval-seconds': '0.05',
      accept: 'application/json',
    });
    await until(() => expect(server.requests.length).toBeGreaterThan(3));
    expect(changes()).toBe(1);
    expect(targets.groups()[0]).toBe(group);
    expect(targets.states()).toEqual([{ place: `http://${server.host}/sd`, targets: 2, error: null }]);
    server.handler = json([]);
    await until(() => expect(targets.groups()).toEqual([]));
    expect(changes()).toBe(2);
  });

  it.each([
    [
      'is refused',
      ((_: unknown, response: { writeHead(s: number): { end(): void } }) => response.writeHead(503).end()) as never,
      /answers 503/,
    ],
    [
      'breaks off',
      ((_: unknown, response: { socket: { destroy(): void } }) => response.socket.destroy()) as never,
      /broke off/,
    ],
    ['is no JSON', json('[{'), /not answer with valid JSON/],
    ['is something else', json({ a: 1 }), /a list that is none/],
    ['has a wrong label', json([{ targets: ['a:1'], labels: { 'no-label': '1' } }]), /0\.labels/],
    ['is no JSON by its type', json(list('x:1'), 'text/plain'), /application\/json/],
    ['hangs', (() => {}) as never, /no complete answer within 0.05 s/],
  ])('keeps the last good list when the answer %s', async (_, handler, message) => {
    const server = await TestExporter.open(json(list('a:1')));
    const { targets } = open(server);
    await until(() => expect(targets.states()[0]?.targets).toBe(1));
    server.handler = handler;
    await until(() => expect(targets.states()[0]?.error).toMatch(message));
    expect(targets.states()[0]?.targets).toBe(1);
    expect(targets.groups()[0]?.targets).toEqual([{ __address__: 'a:1' }]);
    server.handler = json(list('b:1'));
    await until(() => expect(targets.states()[0]?.error).toBeNull());
    expect(targets.groups()[0]?.targets).toEqual([{ __address__: 'b:1' }]);
  });
});
