import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { z } from 'zod';

/** One MCP server of a client's configuration: how to reach it, and where that is written. May hold secrets. */
export interface ConfiguredServer {
  /** Claude Desktop, Claude Code, Cursor, VS Code, Windsurf. */
  readonly client: string;
  readonly name: string;
  readonly file: string;
  readonly launch:
    | {
        readonly kind: 'stdio';
        readonly command: string;
        readonly args: readonly string[];
        readonly env: Readonly<Record<string, string>>;
      }
    | { readonly kind: 'http'; readonly url: string; readonly headers: Readonly<Record<string, string>> };
}

interface ClientFile {
  readonly client: string;
  readonly file: string;
}

/** Where the clients keep their configuration, for the user and for the folder. */
export function clientFiles(
  home = homedir(),
  folder = process.cwd(),
  platform: NodeJS.Platform = process.platform,
): ClientFile[] {
  const application =
    platform === 'darwin' ? path.join(home, 'Library/Application Support') : path.join(home, '.config');
  return [
    { client: 'Claude Desktop', file: path.join(application, 'Claude/claude_desktop_config.json') },
    { client: 'Claude Code', file: path.join(home, '.claude.json') },
    { client: 'Claude Code', file: path.join(folder, '.mcp.json') },
    { client: 'Cursor', file: path.join(home, '.cursor/mcp.json') },
    { client: 'Cursor', file: path.join(folder, '.cursor/mcp.json') },
    { client: 'VS Code', file: path.join(application, 'Code/User/mcp.json') },
    { client: 'VS Code', file: path.join(folder, '.vscode/mcp.json') },
    { client: 'Windsurf', file: path.join(home, '.codeium/windsurf/mcp_config.json') },
  ];
}

const texts = z.record(z.string(), z.string()).catch({});
const stdioServer = z.looseObject({
  command: z.string().min(1),
  args: z.array(z.string()).catch([]).default([]),
  env: texts.default({}),
});
const httpServer = z.looseObject({ url: z.url({ protocol: /^https?$/ }), headers: texts.default({}) });
const servers = z.record(z.string(), z.unknown()).catch({});
const clientFile = z.looseObject({
  /** Claude, Cursor and Windsurf */
  mcpServers: servers.default({}),
  /** VS Code */
  servers: servers.default({}),
});

const maxFileBytes = 4 * 1024 * 1024;

/** Reads the configurations that are there. Nothing is started, and what cannot be read or is no server is left out. */
export async function findMcpServers(files: readonly ClientFile[] = clientFiles()): Promise<ConfiguredServer[]> {
  const lists = await Promise.all(files.map(readClientFile));
  return lists.flat();
}

async function readClientFile({ client, file }: ClientFile): Promise<ConfiguredServer[]> {
  const text = await readFile(file, 'utf8').catch(() => '');
  if (text === '' || text.length > maxFileBytes) return [];
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    return [];
  }
  const parsed = clientFile.safeParse(content);
  if (!parsed.success) return [];
  const entries = Object.entries({ ...parsed.data.servers, ...parsed.data.mcpServers });
  return entries.flatMap(([name, entry]): ConfiguredServer[] => {
    const stdio = stdioServer.safeParse(entry);
    if (stdio.success) {
      const { command, args, env } = stdio.data;
      return [{ client, name, file, launch: { kind: 'stdio', command, args, env } }];
    }
    const http = httpServer.safeParse(entry);
    if (!http.success) return [];
    return [{ client, name, file, launch: { kind: 'http', url: http.data.url, headers: http.data.headers } }];
  });
}
