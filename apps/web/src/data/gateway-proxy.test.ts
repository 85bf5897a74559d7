import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';

vi.mock('server-only', () => ({}));
const { forwardToGateway } = await import('./gateway-proxy.ts');

interface Seen {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}
const seen: Seen[] = [];
const gateway = createServer(async (request, response) => {
  let body = '';
  for await (const chunk of request) body += chunk;
  seen.push({ method: request.method, url: request.url, headers: request.headers, body });
  response.setHeader('set-cookie', 'a=b');
  response.setHeader('content-type', 'application/json').end('{}');
});
const key = 'a-key-that-may-write';

beforeAll(async () => {
  await new Promise<void>((resolve) => gateway.listen(0, '127.0.0.1', resolve));
  vi.stubEnv('BINNACLE_GATEWAY_URL', `http://127.0.0.1:${(gateway.address() as AddressInfo).port}`);
  vi.stubEnv('BINNACLE_API_KEY', key);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await new Promise((resolve) => gateway.close(resolve));
});
beforeEach(() => void seen.splice(0));

const ask = (path: string, init: RequestInit = {}) =>
  forwardToGateway(
    new Request(`http://web:3000/gateway/${path}`, init),
    (path.split('?', 1)[0] as string).split('/').map(decodeURIComponent),
  );

describe('what the browser asks of the gateway', () => {
  it("goes on with the web app's key, without cookies, and comes back without the gateway's headers", async () => {
    const answer = await ask('api/v1/query?query=up', {
      headers: { cookie: 'session=1', authorization: 'Bearer own' },
    });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('set-cookie')).toBeNull();
    expect(seen).toMatchObject([{ method: 'GET', url: '/api/v1/query?query=up' }]);
    expect(seen[0]?.headers.authorization).toBe(`Bearer ${key}`);
    expect(seen[0]?.headers.cookie).toBeUndefined();
  });

  it('may be wanted as a binary matrix; other wishes stay here', async () => {
    const accept = 'application/vnd.binnacle.matrix, application/json;q=0.9';
    await ask('api/v1/query_range?query=up', { headers: { accept } });
    await ask('api/v1/query_range?query=up', { headers: { accept: 'text/html' } });
    expect(seen.map(({ headers }) => headers.accept)).toEqual([accept, 'application/json']);
    expect(seen[0]?.headers['accept-encoding']).toBe('identity');
  });

  it('may be a query as a form', async () => {
    const body = 'query=up&match[]=é';
    expect((await ask('api/v1/query', { method: 'POST', body })).status).toBe(200);
    expect(seen).toMatchObject([{ method: 'POST', body }]);
    expect(seen[0]?.headers['content-type']).toBe('application/x-www-form-urlencoded');
  });

  it.each([
    ['api/binnacle/records', 'POST', 405],
    ['api/binnacle/sources', 'POST', 405],
    ['api/v1/rules', 'POST', 405],
    ['api/v1/write', 'POST', 404],
    ['v1/metrics', 'POST', 404],
    ['metrics', 'GET', 404],
    ['api/binnacle/channels/x/test', 'POST', 404],
    ['api/v1/query%2f..%2f..%2fmetrics', 'GET', 404],
    ['api/v1/../../metrics', 'GET', 404],
    ['api/v1/query%3fa', 'GET', 404],
    ['//127.0.0.1/metrics', 'GET', 404],
  ])('%s by %s ends here with %i', async (path, method, status) => {
    const answer = await ask(path, { method, ...(method === 'POST' ? { body: '{"records":[]}' } : {}) });
    expect(answer.status).toBe(status);
    expect(seen).toEqual([]);
  });

  it('is refused when too long, also when it does not say so', async () => {
    let sent = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 65_536;
        if (sent > 64 * 1024 * 1024) controller.close();
        else controller.enqueue(new Uint8Array(65_536));
      },
    });
    const init = { method: 'POST', body, duplex: 'half' };
    expect((await ask('api/v1/query', init)).status).toBe(413);
    expect(sent).toBeLessThan(1024 * 1024);
    expect(seen).toEqual([]);
  });
});
