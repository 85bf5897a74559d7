import { addressOf } from '../polling/bounded-http.ts';
import { ownMetrics } from '../polling/own-metrics.ts';
import { Poller } from '../polling/poller.ts';
import type { ReceiverContext, ReceiverDefinition, SourceStatus } from '../receiver.ts';
import { type McpConfig, type McpServer, mcpConfig } from './config.ts';
import { ServerReader } from './server-reader.ts';
import { Session } from './session.ts';

const mcpMetrics = ownMetrics(
  'binnacle_mcp_server_info',
  'binnacle_mcp_tool_tokens',
  'binnacle_mcp_server_tokens',
  'binnacle_mcp_server_tools',
  'binnacle_mcp_tool_changes_total',
  'binnacle_mcp_tool_pinned',
);

/** Tools of MCP servers: what their definitions cost in tokens, and whether they changed. */
export const mcp: ReceiverDefinition<McpConfig> = {
  name: 'mcp',
  summary: 'Tools of MCP servers: tokens of their definitions, and changes of them.',
  config: mcpConfig,
  emits: mcpMetrics,
  create(config, context) {
    const asked = config.servers.filter(mayBeAsked).map((server) => watch(server, context));
    const silent = config.servers.filter((server) => !mayBeAsked(server)).map(awaitsConsent);
    return {
      start() {
        for (const { poller } of asked) poller.start();
      },
      async stop() {
        await Promise.all(
          asked.map(async ({ poller, session }) => {
            await poller.stop();
            await session.close();
          }),
        );
      },
      sources: () => [...asked.map(({ poller }) => poller.status()), ...silent],
    };
  },
};

/** Listing the tools of a stdio server runs a program: never without being told so. */
function mayBeAsked(server: McpServer): boolean {
  return server.url !== undefined || server.consent;
}

function addressOfServer({ url, command }: McpServer): string {
  // Arguments may hold tokens; the program's name is enough to tell servers apart.
  return url === undefined ? `stdio: ${command}` : addressOf(url);
}

function awaitsConsent(server: McpServer): SourceStatus {
  return {
    receiver: 'mcp',
    source: server.name,
    cluster: server.labels.cluster ?? '',
    state: 'consent',
    lastSampleAt: null,
    lastError: 'Listing its tools starts its program; set consent: true to allow that.',
    address: addressOfServer(server),
    intervalSeconds: server.intervalSeconds,
  };
}

function watch(server: McpServer, context: ReceiverContext): { poller: Poller; session: Session } {
  const session = new Session(server, () => poller.poke());
  const reader = new ServerReader(server, session, context);
  const poller = new Poller(
    {
      receiver: 'mcp',
      source: server.name,
      labels: server.labels,
      address: addressOfServer(server),
      intervalSeconds: server.intervalSeconds,
      timeoutSeconds: server.timeoutSeconds,
      up: { job: 'mcp', instance: server.name },
      metadata: mcpMetrics,
      read: (round, signal) => reader.read(round, signal),
    },
    context,
  );
  return { poller, session };
}
