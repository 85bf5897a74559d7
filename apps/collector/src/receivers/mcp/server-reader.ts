import type { TelemetryRecord } from '@binnacle/shared/telemetry/records.ts';
import { Recollection } from '../polling/recollection.ts';
import type { Round } from '../polling/round.ts';
import type { ReceiverContext } from '../receiver.ts';
import type { McpServer } from './config.ts';
import type { Definition } from './definition.ts';
import { changeKinds, Inventory, type KnownTool } from './inventory.ts';
import { rememberedTools, toolKey } from './remembered-tools.ts';
import type { Session } from './session.ts';

/** Longest that a reading waits for the store, in ms; and never more than a third of its own time. */
const longestRecallMs = 10_000;

interface ListedTools {
  readonly definitions: readonly Definition[];
  readonly atMs: number;
}

/**
 * Reads one server: its list of tools, compared with what the store remembers of them. Until the store has answered it
 * says what the tools cost, but not whether they changed, and writes no record that would overwrite what is remembered.
 */
export class ServerReader {
  readonly #server: McpServer;
  readonly #session: Session;
  readonly #context: ReceiverContext;
  readonly #recollection: Recollection;
  #inventory: Inventory;
  /** The first list, while nobody knows what was before it: compared as soon as that is known. */
  #unjudged: ListedTools | undefined;
  #known = false;

  constructor(server: McpServer, session: Session, context: ReceiverContext) {
    this.#server = server;
    this.#session = session;
    this.#context = context;
    this.#inventory = new Inventory(server.name, server.pins);
    this.#recollection = new Recollection(context, {
      kind: 'mcp_tool',
      query: { cluster: server.labels.cluster ?? '', keyPrefix: toolKey(server.name, '') },
      source: server.name,
      timeoutMs: Math.min(longestRecallMs, Math.ceil((server.timeoutSeconds * 1000) / 3)),
    });
  }

  /** One reading. Throws when the server did not answer. */
  async read(round: Round, signal: AbortSignal): Promise<void> {
    const problem = await this.#recollection.problem((records) => this.#remember(records), signal);
    if (problem !== null)
      round.warn(`What the tools of ${this.#server.name} were before is not known, so no change is judged: ${problem}`);
    const { info, tools } = await this.#session.listTools(signal);
    // The tables of the tokenizer weigh megabytes: loaded with the first list of tools.
    const { toolTokens } = await import('@binnacle/shared/models/tool-tokens.ts');
    const definitions = this.#distinct(tools, round);
    if (this.#known && this.#unjudged !== undefined) {
      this.#inventory.update(this.#unjudged.definitions, this.#unjudged.atMs, toolTokens);
      this.#unjudged = undefined;
    } else if (!this.#known) this.#unjudged ??= { definitions, atMs: round.atMs };
    this.#inventory.update(definitions, round.atMs, toolTokens);
    this.#emit(round);
    round.sample(
      'binnacle_mcp_server_info',
      {
        server: this.#server.name,
        version: info.version,
        protocol_version: info.protocolVersion,
        transport: info.transport,
      },
      1,
    );
  }

  #remember(records: readonly TelemetryRecord[]): void {
    const { tools, broken } = rememberedTools(this.#server.name, records);
    if (broken > 0)
      this.#context.log.warn({ source: this.#server.name, broken }, 'records of tools cannot be read and are ignored');
    this.#inventory = new Inventory(this.#server.name, this.#server.pins);
    this.#inventory.remember(tools);
    this.#known = true;
  }

  /** A list that names a tool twice would look like a change at every reading; the first of them counts. */
  #distinct(tools: readonly Definition[], round: Round): Definition[] {
    const byName = new Map(tools.toReversed().map((tool) => [tool.name, tool]));
    if (byName.size < tools.length)
      round.warn(`${this.#server.name} lists ${tools.length - byName.size} tools under a name that is taken.`);
    return [...byName.values()].reverse();
  }

  #emit(round: Round): void {
    const server = this.#server.name;
    let tokens = 0;
    let count = 0;
    for (const known of this.#inventory.tools) {
      const { body } = known;
      const labels = { server, tool: body.tool };
      if (!body.removed) {
        tokens += body.tokens;
        count++;
        round.sample('binnacle_mcp_tool_tokens', labels, body.tokens);
        round.sample('binnacle_mcp_tool_pinned', labels, this.#pinned(known));
      }
      if (!this.#known) continue;
      // From 0 on, so that increase() sees the first change.
      for (const change of changeKinds)
        round.sample('binnacle_mcp_tool_changes_total', { ...labels, change }, body.changes[change] ?? 0);
      const atMs = body.changedAt ?? body.firstSeenAt;
      round.record('mcp_tool', this.#server.labels.cluster ?? '', toolKey(server, body.tool), atMs, body);
    }
    round.sample('binnacle_mcp_server_tokens', { server }, tokens);
    round.sample('binnacle_mcp_server_tools', { server }, count);
  }

  /** An approved digest needs no memory; without one, and without a memory, nobody knows. */
  #pinned({ body, pinnedDigest }: KnownTool): number | undefined {
    if (!this.#known && this.#inventory.pinOf(body.tool) === undefined) return undefined;
    return body.digest === pinnedDigest ? 1 : 0;
  }
}
