import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEmbeddedEngine } from '@binnacle/db/telemetry/engine/embedded-engine.ts';
import type { Engine } from '@binnacle/db/telemetry/engine/engine.ts';
import { onTestFinished } from 'vitest';

/**
 * A ClickHouse server as far as the store speaks with one, with the embedded engine behind it: what is written is there and
 * is read by the engine's own SQL. It can go away, or stop answering, and come back with its data.
 */
export class ClickHouseFront {
  readonly #engine: Engine;
  #server: Server | undefined;
  #port = 0;
  #hangs = false;

  private constructor(engine: Engine) {
    this.#engine = engine;
  }

  static async start(): Promise<ClickHouseFront> {
    const directory = mkdtempSync(join(tmpdir(), 'binnacle-front-'));
    const engine = await openEmbeddedEngine(directory, 2, { maxExecutionSeconds: 20, maxMemoryBytes: 1e9 });
    const front = new ClickHouseFront(engine);
    onTestFinished(async () => {
      await front.goAway();
      await engine.close();
      rmSync(directory, { recursive: true, force: true });
    });
    await front.comeBack();
    return front;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/binnacle`;
  }

  /** Nobody listens any more, and what was open is cut. */
  async goAway(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  }

  async comeBack(): Promise<void> {
    this.#hangs = false;
    const server = createServer((request, response) => void this.#answer(request, response));
    await new Promise<void>((resolve) => server.listen(this.#port, '127.0.0.1', resolve));
    this.#port = (server.address() as AddressInfo).port;
    this.#server = server;
  }

  /** Takes requests and answers none. */
  hang(): void {
    this.#hangs = true;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const pieces: Buffer[] = [];
    try {
      for await (const piece of request) pieces.push(piece as Buffer);
      if (this.#hangs) return;
      const { searchParams } = new URL(request.url ?? '/', 'http://front');
      const body = Buffer.concat(pieces);
      const given = searchParams.get('query');
      response.end(await this.#run(given ?? body.toString(), given === null ? Buffer.alloc(0) : body, searchParams));
    } catch (error) {
      if (response.headersSent || response.destroyed) return;
      response.writeHead(500).end(String(error));
    }
  }

  async #run(sql: string, body: Buffer, given: URLSearchParams): Promise<Uint8Array | string> {
    const insert = /^INSERT INTO (\S+) \((.*)\) FORMAT Native$/.exec(sql);
    if (insert !== null) {
      await this.#engine.insertNative(insert[1] as string, (insert[2] as string).split(', '), [body]);
      return '';
    }
    const [, format] = /\sFORMAT (Native|JSONEachRow)\s*$/.exec(sql) ?? [];
    if (format === undefined) {
      await this.#engine.command(sql);
      return '';
    }
    // The engine behind sets limits of its own.
    const settingsAt = sql.lastIndexOf(' SETTINGS ');
    const query = (settingsAt < 0 ? sql.slice(0, sql.lastIndexOf('FORMAT')) : sql.slice(0, settingsAt)).trim();
    if (format === 'Native') {
      const blocks: Uint8Array[] = [];
      for await (const block of this.#engine.read(query, { heavy: true })) blocks.push(block);
      return Buffer.concat(blocks);
    }
    const parameters: Record<string, string> = {};
    for (const [name, value] of given) if (name.startsWith('param_')) parameters[name.slice(6)] = value;
    const rows = await this.#engine.rows(query, parameters);
    return rows.map((row) => `${JSON.stringify(row)}\n`).join('');
  }
}
