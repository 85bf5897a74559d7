import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A target whose counters rise by one with each scrape, so that a sample which is lost leaves a gap in the values. */
export class CountingExporter {
  /** The value that each path has handed out last. */
  readonly #handedOut = new Map<string, number>();
  #ended = false;
  readonly #server = createServer((request, response) => {
    const path = request.url ?? '';
    if (this.#ended) {
      response.statusCode = 503;
      response.end();
      return;
    }
    const value = (this.#handedOut.get(path) ?? 0) + 1;
    this.#handedOut.set(path, value);
    response.setHeader('content-type', 'text/plain; version=0.0.4');
    response.end(`# TYPE handed_out_total counter\nhanded_out_total ${value}\n`);
  });

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  /** host:port */
  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The last value that a path handed out; 0 before the first. */
  handedOut(path: string): number {
    return this.#handedOut.get(path) ?? 0;
  }

  /** Hands nothing more out. */
  end(): void {
    this.#ended = true;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
