import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

interface StoredObject {
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly [more: string]: unknown };
  readonly [more: string]: unknown;
}

interface Watcher {
  readonly path: string;
  readonly response: ServerResponse;
}

interface Change {
  readonly version: number;
  readonly path: string;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: StoredObject;
}

const collection = /^(\/api\/v1|\/apis\/[^/]+\/v1)(?:\/namespaces\/([^/]+))?\/([a-z]+)$/;

/**
 * The part of a Kubernetes API server that discovery uses, on loopback: lists in pages, watches that stream, versions,
 * bookmarks, forgotten versions, tokens, refusals. Selectors are only recorded.
 */
export class FakeApiServer {
  readonly requests: IncomingMessage[] = [];
  /** Objects of one page at most. */
  pageSize = 2;
  token: string | undefined;
  /** Status for requests of a collection, by its plural. */
  readonly refusals = new Map<string, number>();
  url = '';
  readonly #objects = new Map<string, StoredObject>();
  readonly #watchers = new Set<Watcher>();
  #history: Change[] = [];
  #version = 100;
  /** Versions before this one are forgotten. */
  #oldest = 0;
  readonly #server = createServer((request, response) => this.#answer(request, response));

  static async open(): Promise<FakeApiServer> {
    const server = new FakeApiServer();
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve));
    server.url = `http://127.0.0.1:${(server.#server.address() as AddressInfo).port}`;
    onTestFinished(async () => {
      server.#server.closeAllConnections();
      await new Promise((resolve) => server.#server.close(resolve));
    });
    return server;
  }

  get watching(): number {
    return this.#watchers.size;
  }

  /** Puts an object into a collection such as `/api/v1/pods`, and tells those who watch. */
  put(path: string, object: StoredObject): void {
    const id = identity(path, object);
    this.#change(path, this.#objects.has(id) ? 'MODIFIED' : 'ADDED', object);
  }

  remove(path: string, object: StoredObject): void {
    this.#change(path, 'DELETED', object);
  }

  /** Moves the version on without a change that anyone sees. */
  bookmark(): void {
    this.#version++;
    const object = { metadata: { resourceVersion: String(this.#version) } };
    for (const { response } of this.#watchers) response.write(`${JSON.stringify({ type: 'BOOKMARK', object })}\n`);
  }

  /** Forgets all versions up to now, and ends the watches: with an event that says so, or just like that. */
  forget(how: 'event' | 'close'): void {
    this.#version += 1;
    this.#oldest = this.#version;
    this.#history = [];
    const gone = { type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired' } };
    for (const { response } of this.#watchers) response.end(how === 'event' ? `${JSON.stringify(gone)}\n` : '');
    this.#watchers.clear();
  }

  /** Breaks the connections of all watches. */
  breakOff(): void {
    for (const { response } of this.#watchers) response.socket?.destroy();
    this.#watchers.clear();
  }

  #change(path: string, type: Change['type'], given: StoredObject): void {
    const version = ++this.#version;
    const object = { ...given, metadata: { ...given.metadata, resourceVersion: String(version) } };
    const id = identity(path, object);
    if (type === 'DELETED') this.#objects.delete(id);
    else this.#objects.set(id, object);
    const change = { version, path, type, object };
    this.#history.push(change);
    for (const watcher of this.#watchers) send(watcher, change);
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    this.requests.push(request);
    const url = new URL(request.url ?? '/', 'http://api');
    const parts = collection.exec(url.pathname);
    const json = (status: number, body: object) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    const refuse = (code: number) => json(code, { kind: 'Status', code });
    if (this.token !== undefined && request.headers.authorization !== `Bearer ${this.token}`) return void refuse(401);
    if (parts === null) return void refuse(404);
    const refusal = this.refusals.get(parts[3] as string);
    if (refusal !== undefined) return void refuse(refusal);
    const path = `${parts[1]}/${parts[3]}`;
    if (url.searchParams.get('watch') === 'true') {
      this.#watch(url, path, parts[2], response);
      return;
    }
    const all = [...this.#objects]
      .filter(([id]) => id.startsWith(`${path} `))
      .map(([, object]) => object)
      .filter(({ metadata }) => parts[2] === undefined || metadata.namespace === parts[2]);
    const from = Number(url.searchParams.get('continue') ?? 0);
    const to = from + Math.min(this.pageSize, Number(url.searchParams.get('limit') ?? Number.POSITIVE_INFINITY));
    const metadata = { resourceVersion: String(this.#version), ...(to < all.length ? { continue: String(to) } : {}) };
    json(200, { kind: 'List', metadata, items: all.slice(from, to) });
  }

  #watch(url: URL, path: string, namespace: string | undefined, response: ServerResponse): void {
    const from = Number(url.searchParams.get('resourceVersion'));
    response.writeHead(200, { 'content-type': 'application/json' });
    if (from < this.#oldest) {
      response.end(`${JSON.stringify({ type: 'ERROR', object: { kind: 'Status', code: 410 } })}\n`);
      return;
    }
    response.flushHeaders();
    const watcher = { path: namespace === undefined ? path : `${path} ${namespace}`, response };
    for (const change of this.#history) if (change.version > from) send(watcher, change);
    this.#watchers.add(watcher);
    response.on('close', () => this.#watchers.delete(watcher));
  }
}

const identity = (path: string, { metadata }: StoredObject) => `${path} ${metadata.namespace ?? ''}/${metadata.name}`;

/** In two pieces, since events need not arrive whole. */
function send({ path, response }: Watcher, { type, object, path: changed }: Change): void {
  if (path !== changed && path !== `${changed} ${object.metadata.namespace}`) return;
  const text = `${JSON.stringify({ type, object })}\n`;
  response.write(text.slice(0, 20));
  response.write(text.slice(20));
}
