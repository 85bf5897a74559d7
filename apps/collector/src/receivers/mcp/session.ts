import { BinnacleError } from '@binnacle/shared/errors.ts';
import type { Client } from '@modelcontextprotocol/sdk/client/index.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { z } from 'zod';
import type { McpServer } from './config.ts';
import { type Definition, toolsPage } from './definition.ts';
import { limitedFetch } from './limited-fetch.ts';

export interface ServerInfo {
  readonly version: string;
  readonly protocolVersion: string;
  readonly transport: 'streamable_http' | 'stdio';
}

const maxPages = 200;
const maxTools = 5000;
const maxStdioMessageBytes = 10 * 1024 * 1024;
const goodbyeMs = 1000;

/**
 * A session with one server, opened when first needed and kept, because servers announce changes of their tools in it.
 * The SDK is loaded here and nowhere else: an agent without MCP servers never pays for it.
 */
export class Session {
  readonly #server: McpServer;
  readonly #onToolsChanged: () => void;
  #listing: Promise<void> = Promise.resolve();
  #open: { readonly client: Client; readonly info: ServerInfo; readonly close: () => Promise<void> } | undefined;

  constructor(server: McpServer, onToolsChanged: () => void) {
    this.#server = server;
    this.#onToolsChanged = onToolsChanged;
  }

  /** All tools. Throws `upstream_failed` with a sentence; the session is then closed, and opened anew the next time. */
  listTools(signal: AbortSignal): Promise<{ readonly info: ServerInfo; readonly tools: Definition[] }> {
    const listing = this.#listTools(signal);
    this.#listing = listing.then(
      () => {},
      () => {},
    );
    return listing;
  }

  /** Ends the session, its connections and its process; waits for a listing that was told to stop. */
  async close(): Promise<void> {
    await this.#listing;
    await this.#closeOpen();
  }

  async #listTools(signal: AbortSignal): Promise<{ readonly info: ServerInfo; readonly tools: Definition[] }> {
    try {
      this.#open ??= await this.#connect(signal);
      return { info: this.#open.info, tools: await this.#pages(this.#open.client, signal) };
    } catch (error) {
      await this.#closeOpen();
      throw signal.aborted ? signal.reason : sentenceOf(error, this.#server);
    }
  }

  async #closeOpen(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    await open?.close();
  }

  async #pages(client: Client, signal: AbortSignal): Promise<Definition[]> {
    const tools: Definition[] = [];
    const cursors = new Set<string>();
    let cursor: string | undefined;
    for (let page = 0; page < maxPages; page++) {
      // Not client.listTools(): that compiles every output schema it is sent.
      const answer = await client.request(
        { method: 'tools/list', params: cursor === undefined ? {} : { cursor } },
        z.looseObject({}),
        {
          signal,
          timeout: this.#server.timeoutSeconds * 1000,
        },
      );
      const parsed = toolsPage.safeParse(answer);
      if (!parsed.success) {
        const place = parsed.error.issues[0]?.path.join('.') ?? '';
        throw new BinnacleError(
          'upstream_failed',
          `${this.#server.name} lists its tools in another shape than expected (at "${place}").`,
        );
      }
      for (const tool of parsed.data.tools) tools.push(tool as Definition);
      cursor = parsed.data.nextCursor || undefined;
      if (cursor === undefined) return tools;
      if (cursors.has(cursor) || tools.length > maxTools) break;
      cursors.add(cursor);
    }
    throw new BinnacleError('upstream_failed', `${this.#server.name} lists its tools without end.`);
  }

  async #connect(signal: AbortSignal) {
    const [{ Client }, { ToolListChangedNotificationSchema }] = await Promise.all([
      import('@modelcontextprotocol/sdk/client/index.js'),
      import('@modelcontextprotocol/sdk/types.js'),
    ]);
    const client = new Client({ name: 'binnacle', version: '0.1.0' }, { capabilities: {} });
    client.setNotificationHandler(ToolListChangedNotificationSchema, () => this.#onToolsChanged());
    const { transport, kind, close } =
      this.#server.url === undefined ? await this.#stdio() : await this.#http(this.#server.url);
    let protocolVersion = '';
    const remember = transport.setProtocolVersion?.bind(transport);
    transport.setProtocolVersion = (version) => {
      protocolVersion = version;
      remember?.(version);
    };
    const closeAll = async () => {
      await close();
      await client.close();
    };
    try {
      await client.connect(transport, { signal, timeout: this.#server.timeoutSeconds * 1000 });
    } catch (error) {
      await closeAll();
      throw error;
    }
    const info: ServerInfo = { version: client.getServerVersion()?.version ?? '', protocolVersion, transport: kind };
    return { client, info, close: closeAll };
  }

  async #http(url: string): Promise<{ transport: Transport; kind: 'streamable_http'; close: () => Promise<void> }> {
    const { StreamableHTTPClientTransport } = await import('@modelcontextprotocol/sdk/client/streamableHttp.js');
    const limited = await limitedFetch(this.#server);
    const transport = new StreamableHTTPClientTransport(new URL(url), {
      fetch: limited.fetch,
      reconnectionOptions: {
        maxRetries: 2,
        initialReconnectionDelay: 1000,
        maxReconnectionDelay: 30_000,
        reconnectionDelayGrowFactor: 2,
      },
    });
    const close = async () => {
      // Says goodbye, so that the server can drop the session; not every server knows how, and none may hold us up.
      const goodbye = transport.terminateSession().catch(() => {});
      await Promise.race([goodbye, new Promise((resolve) => setTimeout(resolve, goodbyeMs).unref())]);
      await transport.close();
      await limited.close();
    };
    return { transport, kind: 'streamable_http', close };
  }

  async #stdio(): Promise<{ transport: Transport; kind: 'stdio'; close: () => Promise<void> }> {
    const { StdioClientTransport } = await import('@modelcontextprotocol/sdk/client/stdio.js');
    const { command, args, env, cwd } = this.#server;
    const transport = new StdioClientTransport({
      command: command as string,
      args,
      env,
      ...(cwd === undefined ? {} : { cwd }),
      stderr: 'ignore',
      maxBufferSize: maxStdioMessageBytes,
    });
    return { transport, kind: 'stdio', close: () => transport.close() };
  }
}

/** What went wrong, without the server's own words. */
function sentenceOf(error: unknown, server: McpServer): BinnacleError {
  if (error instanceof BinnacleError) return error;
  const { code, name, cause } = error as { code?: unknown; name?: string; cause?: unknown };
  const inner = (cause as { code?: unknown } | undefined)?.code;
  let reason = 'the session could not be held';
  if (cause instanceof BinnacleError) reason = cause.message;
  else if (code === 'ENOENT') reason = `the program ${server.command} was not found`;
  else if (name === 'UnauthorizedError' || code === 401 || code === 403) reason = 'it wants a token; set tokenFile';
  else if (inner === 'ECONNREFUSED') reason = 'nothing listens there';
  else if (code === -32001) reason = `it did not answer within ${server.timeoutSeconds} s`;
  else if (code === -32000) reason = 'it ended the session';
  else if (typeof code === 'number' && code < 0) reason = `it answered with the JSON-RPC error ${code}`;
  else if (typeof code === 'number') reason = `it answered ${code}`;
  return new BinnacleError('upstream_failed', `${server.name} cannot be asked for its tools: ${reason}.`, {
    cause: error,
  });
}
