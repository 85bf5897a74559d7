import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server } from '@modelcontextprotocol/sdk/server/index.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { ListToolsRequestSchema, type Tool } from '@modelcontextprotocol/sdk/types.js';

export interface TestServer {
  readonly url: string;
  /** What it lists; one tool a page. */
  tools: Tool[];
  readonly authorizations: (string | undefined)[];
  /** Tells every session that the tools changed. */
  announce(): Promise<void>;
  /** Sessions opened so far. */
  readonly opened: number;
  /** Forgets its sessions, as a restart does. */
  forget(): void;
  close(): Promise<void>;
}

/** For tests: a real MCP server over Streamable HTTP, with sessions, whose tools can change. */
export async function testServer(tools: Tool[]): Promise<TestServer> {
  const sessions = new Map<string, { server: Server; transport: StreamableHTTPServerTransport }>();
  const state: { tools: Tool[]; authorizations: (string | undefined)[] } = { tools, authorizations: [] };
  let opened = 0;
  const http = createServer(async (request, response) => {
    state.authorizations.push(request.headers.authorization);
    const id = request.headers['mcp-session-id'];
    let session = typeof id === 'string' ? sessions.get(id) : undefined;
    if (session === undefined) {
      const server = new Server({ name: 'test', version: '1.2.3' }, { capabilities: { tools: { listChanged: true } } });
      server.setRequestHandler(ListToolsRequestSchema, ({ params }) => {
        const page = Number(params?.cursor ?? 0);
        return {
          tools: state.tools.slice(page, page + 1),
          ...(page + 1 < state.tools.length ? { nextCursor: String(page + 1) } : {}),
        };
      });
      const transport = new StreamableHTTPServerTransport({
        sessionIdGenerator: randomUUID,
        onsessioninitialized: (created) => {
          opened++;
          sessions.set(created, { server, transport });
        },
      });
      await server.connect(transport);
      session = { server, transport };
    }
    await session.transport.handleRequest(request, response);
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/mcp`,
    get tools() {
      return state.tools;
    },
    set tools(changed) {
      state.tools = changed;
    },
    authorizations: state.authorizations,
    get opened() {
      return opened;
    },
    forget: () => sessions.clear(),
    async announce() {
      for (const { server } of sessions.values()) await server.sendToolListChanged();
    },
    async close() {
      for (const { server } of sessions.values()) await server.close();
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}
