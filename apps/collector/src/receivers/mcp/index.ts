import { addressOf } from '../polling/bounded-http.ts';
import { ownMetrics } from '../polling/own-metrics.ts';
import { Poller } from '../polling/poller.ts';
import type { Round } from '../polling/round.ts';
import type { ReceiverContext, ReceiverDefinition, SourceStatus } from '../receiver.ts';
import { type McpConfig, type McpServer, mcpConfig } from './config.ts';
import { changeKinds, Inventory } from './inventory.ts';
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
  const inventory = new Inventory(server.name, server.pins);
  const session = new Session(server, () => poller.poke());
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
      read: (round, signal) => read(server, session, inventory, round, signal),
    },
    context,
  );
  return { poller, session };
}

async function read(
  server: McpServer,
  session: Session,
  inventory: Inventory,
  round: Round,
  signal: AbortSignal,
): Promise<void> {
  const { info, tools } = await session.listTools(signal);
  // The tables of the tokenizer weigh megabytes: loaded with the first list of tools.
  const { toolTokens } = await import('@binnacle/shared/models/tool-tokens.ts');
  const byName = new Map(tools.toReversed().map((tool) => [tool.name, tool]));
  // A list that names a tool twice would look like a change at every reading; the first of them counts.
  if (byName.size < tools.length)
    round.warn(`${server.name} lists ${tools.length - byName.size} tools under a name that is taken.`);
  inventory.update([...byName.values()].reverse(), round.atMs, toolTokens);
  emit(server, inventory, round);
  round.sample(
    'binnacle_mcp_server_info',
    { server: server.name, version: info.version, protocol_version: info.protocolVersion, transport: info.transport },
    1,
  );
}

function emit(server: McpServer, inventory: Inventory, round: Round): void {
  let tokens = 0;
  let count = 0;
  for (const { body, pinnedDigest, changes } of inventory.tools) {
    const labels = { server: server.name, tool: body.tool };
    if (!body.removed) {
      tokens += body.tokens;
      count++;
      round.sample('binnacle_mcp_tool_tokens', labels, body.tokens);
      round.sample('binnacle_mcp_tool_pinned', labels, body.digest === pinnedDigest ? 1 : 0);
    }
    // From 0 on, so that increase() sees the first change.
    for (const change of changeKinds)
      round.sample('binnacle_mcp_tool_changes_total', { ...labels, change }, changes[change]);
    round.record(
      'mcp_tool',
      server.labels.cluster ?? '',
      `${server.name}/${body.tool}`,
      body.changedAt ?? body.firstSeenAt,
      body,
    );
  }
  round.sample('binnacle_mcp_server_tokens', { server: server.name }, tokens);
  round.sample('binnacle_mcp_server_tools', { server: server.name }, count);
}
