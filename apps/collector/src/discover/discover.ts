import { homedir, hostname } from 'node:os';
import path from 'node:path';
import { discoveredCluster } from './discovered-cluster.ts';
import { type ConfiguredServer, findMcpServers } from './mcp-clients.ts';
import { type FoundTarget, findTargets } from './probes.ts';

/** A finding as the state store keeps it, for people to see and agree to. No secrets. */
export interface Finding {
  readonly receiver: string;
  readonly name: string;
  readonly address: string;
  readonly detail: Record<string, string | number | boolean | string[]>;
  readonly needsConsent: boolean;
}

export interface Discovered {
  /** `receivers:` of a config that reads what needs no consent. */
  readonly receivers: Readonly<Record<string, unknown>>;
  readonly findings: readonly Finding[];
  /** MCP servers of the clients' configurations; reading one starts its command, so nothing is done before a consent. */
  readonly servers: readonly ConfiguredServer[];
  /** What was found, in words. */
  readonly summary: readonly string[];
}

/** Looks around this machine. `userConfig`: text of the user's config; what it reads already is left out. */
export async function discover(userConfig = ''): Promise<Discovered> {
  const [targets, servers] = await Promise.all([findTargets(), findMcpServers()]);
  return describe(
    targets.filter((target) => !readsAlready(userConfig, target)),
    servers,
  );
}

/** The outcome of a look around, as config, findings and words. */
export function describe(targets: readonly FoundTarget[], servers: readonly ConfiguredServer[]): Discovered {
  const findings = [...targets.map(targetFinding), ...servers.map(serverFinding)];
  const unique = new Map(findings.map((finding) => [`${finding.receiver} ${finding.address}`, finding]));
  const summary = targets.map(({ kind, address }) => `${kind} (${address})`);
  if (servers.length > 0)
    summary.push(
      `${servers.length} MCP servers of ${[...new Set(servers.map(({ client }) => client))].join(', ')} (listed only, until you agree)`,
    );
  return { receivers: receiversOf(targets), findings: [...unique.values()], servers, summary };
}

const labels = { cluster: discoveredCluster };
/** Jobs by the exporter's name; presets where the scrape receiver has one. */
const scrapeJobs: Partial<Record<FoundTarget['kind'], Readonly<Record<string, unknown>>>> = {
  'dcgm-exporter': { preset: 'dcgm-exporter' },
  'node-exporter': { job: 'node-exporter' },
  vllm: { preset: 'vllm' },
};

function receiversOf(targets: readonly FoundTarget[]): Record<string, unknown> {
  const jobs = targets.flatMap(({ kind, address }) => {
    const job = scrapeJobs[kind];
    if (job === undefined) return [];
    const instance = `${hostname()}:${new URL(address).port}`;
    return [{ ...job, labels, targets: [{ address, instance }] }];
  });
  const roots = targets.filter(({ kind }) => kind === 'infiniband').map(({ address }) => ({ root: address, labels }));
  return {
    ...(jobs.length === 0 ? {} : { scrape: { jobs } }),
    ...(roots.length === 0 ? {} : { infiniband: { roots } }),
  };
}

function readsAlready(userConfig: string, { kind, address }: FoundTarget): boolean {
  if (kind === 'infiniband') return /^\s+infiniband:/m.test(userConfig);
  const { port } = new URL(address);
  return new RegExp(`(localhost|127\\.0\\.0\\.1):${port}\\b`).test(userConfig);
}

function targetFinding({ kind, address }: FoundTarget): Finding {
  const receiver = kind === 'infiniband' ? 'infiniband' : 'scrape';
  const read = kind === 'infiniband' || scrapeJobs[kind] !== undefined;
  const detail: Finding['detail'] = read
    ? { kind }
    : { kind, note: 'its certificate is its own: add it as a scrape job with caFile to read it' };
  return { receiver, name: kind, address, detail, needsConsent: false };
}

function serverFinding(server: ConfiguredServer): Finding {
  const { client, launch } = server;
  // Arguments, environment and URLs may hold secrets: what starts is named, not how.
  const how: Finding['detail'] =
    launch.kind === 'stdio'
      ? { transport: 'stdio', command: path.basename(launch.command) }
      : { transport: 'http', host: new URL(launch.url).host };
  return {
    receiver: 'mcp',
    name: server.name,
    address: mcpAddress(server),
    detail: { client, ...how },
    needsConsent: true,
  };
}

/** Identity of a configured server: its file and its name there. */
export function mcpAddress({ file, name }: ConfiguredServer): string {
  const home = homedir();
  return `${file.startsWith(`${home}${path.sep}`) ? `~${file.slice(home.length)}` : file}#${name}`;
}

/** The receivers' config that reads these servers; nothing for none. */
export function mcpReceiverConfig(servers: readonly ConfiguredServer[]): Readonly<Record<string, unknown>> {
  if (servers.length === 0) return {};
  const entries = servers.map(({ name, client, launch }) => ({
    name: `${name} (${client})`,
    labels,
    ...launchConfig(launch),
  }));
  return { mcp: { servers: entries } };
}

/** Headers of an HTTP server stay where they are: they hold secrets, and the receiver takes tokens from files. */
function launchConfig(launch: ConfiguredServer['launch']): Record<string, unknown> {
  if (launch.kind === 'http') return { url: launch.url };
  return { command: launch.command, args: [...launch.args], env: { ...launch.env }, consent: true };
}
