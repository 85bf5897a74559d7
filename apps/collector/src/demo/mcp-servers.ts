import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { CallToolRequestSchema, isInitializeRequest, ListToolsRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import type { DemoClock } from './clock.ts';
import { toolsOf } from './mcp-tools.ts';
import { mcpServers } from './scenario.ts';

type ServerName = (typeof mcpServers)[number];

interface Session {
  readonly name: ServerName;
  readonly server: Server;
  readonly transport: StreamableHTTPServerTransport;
  usedAtMs: number;
}

/** Sessions that nobody used for this long are closed: clients that went away without a word. */
const idleMs = 15 * 60_000;
const maxSessions = 64;

/** MCP servers over streamable HTTP, each client with a session of its own. */
export class McpSimulator {
  readonly #clock: DemoClock;
  readonly #now: () => number;
  readonly #sessions = new Map<string, Session>();
  #changed: boolean;

  constructor(clock: DemoClock, now: () => number) {
    this.#clock = clock;
    this.#now = now;
    this.#changed = clock.active('toolChange', now());
  }

  /** Answers one request to `/mcp/<server>`; false when there is no such server. `body` is the parsed JSON of a POST. */
  async handle(name: string, request: IncomingMessage, response: ServerResponse, body: unknown): Promise<boolean> {
    const known = mcpServers.find((server) => server === name);
    if (known === undefined) return false;
    const id = request.headers['mcp-session-id'];
    const session = typeof id === 'string' ? this.#sessions.get(id) : undefined;
    if (session !== undefined && session.name === known) {
      session.usedAtMs = this.#now();
      await session.transport.handleRequest(request, response, body);
      return true;
    }
    if (id === undefined && request.method === 'POST' && isInitializeRequest(body)) {
      const opened = await this.#open(known);
      await opened.handleRequest(request, response, body);
      return true;
    }
    const [status, message] =
      id === undefined ? [400, 'Bad Request: a session begins with initialize'] : [404, 'Session not found'];
    response.writeHead(status as number, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ jsonrpc: '2.0', error: { code: -32000, message }, id: null }));
    return true;
  }

  /** Tells the clients when the tools have changed, and forgets idle sessions. Called once a step. */
  async tick(): Promise<void> {
    const now = this.#now();
    for (const session of [...this.#sessions.values()])
      if (now - session.usedAtMs > idleMs) await session.server.close();
    const changed = this.#clock.active('toolChange', now);
    if (changed === this.#changed) return;
    this.#changed = changed;
    await this.announce();
  }

  /** Tells every client that hears notifications to list the tools again. */
  async announce(): Promise<void> {
    for (const { server } of this.#sessions.values()) await server.sendToolListChanged();
  }

  async close(): Promise<void> {
    for (const { server } of [...this.#sessions.values()]) await server.close();
    this.#sessions.clear();
  }

  async #open(name: ServerName): Promise<StreamableHTTPServerTransport> {
    const server = new Server({ name, version: '2.4.1' }, { capabilities: { tools: { listChanged: true } } });
    server.setRequestHandler(ListToolsRequestSchema, () => ({
      tools: toolsOf(name, this.#clock.active('toolChange', this.#now())).map((tool) => ({ ...tool })),
    }));
    server.setRequestHandler(CallToolRequestSchema, (request) => ({
      content: [{ type: 'text', text: `The demo lists ${request.params.name} but does not run it.` }],
      isError: true,
    }));
    const oldest =
      this.#sessions.size >= maxSessions
        ? [...this.#sessions.values()].sort((a, b) => a.usedAtMs - b.usedAtMs)[0]
        : undefined;
    await oldest?.server.close();
    const transport = new StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: (id) => {
        this.#sessions.set(id, { name, server, transport, usedAtMs: this.#now() });
      },
    });
    server.onclose = () => {
      if (transport.sessionId !== undefined) this.#sessions.delete(transport.sessionId);
    };
    await server.connect(transport);
    return transport;
  }
}
