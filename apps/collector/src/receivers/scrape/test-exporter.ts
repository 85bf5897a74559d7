import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** An exporter for tests: what `/metrics` answers can be changed while it runs. */
export class TestExporter {
  handler: Handler;
  requests: IncomingMessage[] = [];
  readonly #server = createServer((request, response) => {
    this.requests.push(request);
    this.handler(request, response);
  });
  host = '';

  private constructor(handler: Handler) {
    this.handler = handler;
  }

  static async open(body: string | Handler): Promise<TestExporter> {
    const exporter = new TestExporter(typeof body === 'string' ? answer(body) : body);
    await new Promise<void>((resolve) => exporter.#server.listen(0, '127.0.0.1', resolve));
    exporter.host = `127.0.0.1:${(exporter.#server.address() as AddressInfo).port}`;
    onTestFinished(() => exporter.close());
    return exporter;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

export function answer(body: string | Buffer, headers: Record<string, string> = {}): Handler {
  return (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4', ...headers });
    response.end(body);
  };
}
