import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Features } from '@binnacle/promql/language/features.ts';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import { type LogLevel, logLevels } from '../telemetry/log.ts';
import { type LoadedConfig, parseConfig, readConfig } from './config-file.ts';
import type { QueryLimits } from './query-limits.ts';
import type { Config } from './schema.ts';
import type { StorageLimits } from './storage-limits.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Options of a command line; what is not given is undefined. */
export interface Flags {
  readonly config?: string;
  readonly dataDir?: string;
  readonly host?: string;
  readonly port?: string;
}

export const defaults = {
  host: '127.0.0.1',
  gatewayPort: 4318,
  grpcPort: 4317,
  agentPort: 4319,
  webPort: 3000,
  demoPort: 4320,
  dataDir: './.binnacle',
  gatewayUrl: 'http://127.0.0.1:4318',
  configFile: 'binnacle.yaml',
  agentBufferBytes: 32 * 1024 * 1024,
  agentShutdownSeconds: 10,
} as const;

/** The config file that was named, or `binnacle.yaml` of the working directory when it is there, or nothing but defaults. */
export async function loadConfig(flags: Flags, environment: Environment): Promise<LoadedConfig> {
  const named = flags.config ?? environment.BINNACLE_CONFIG;
  if (named !== undefined && named !== '') return readConfig(named, environment);
  if (existsSync(defaults.configFile)) return readConfig(defaults.configFile, environment);
  return parseConfig('', 'built-in defaults', environment);
}

export function dataDirectory(flags: Flags, environment: Environment): string {
  return path.resolve(given(flags.dataDir) ?? given(environment.BINNACLE_DATA_DIR) ?? defaults.dataDir);
}

/** A port from a flag or a variable. Throws `bad_config` that names the setting; 0 is refused. */
export function parsePort(text: string, setting: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (port >= 1 && port <= 65_535) return port;
  const zero = port === 0 ? ', and 0 would mean a port that nobody knows' : '';
  throw new BinnacleError('bad_config', `${setting} must be a port from 1 to 65535${zero}, got "${text.slice(0, 40)}"`);
}

function port(
  flag: string | undefined,
  environment: Environment,
  variable: string,
  file: number | undefined,
  otherwise: number,
): number {
  if (flag !== undefined) return parsePort(flag, '--port');
  const text = given(environment[variable]);
  return text === undefined ? (file ?? otherwise) : parsePort(text, variable);
}

export const grpcPortVariable = 'BINNACLE_GRPC_PORT';

/** The port of a gRPC door; null for `off`. */
function grpcPort(
  environment: Environment,
  variable: string,
  file: number | 'off' | undefined,
  otherwise: number | 'off',
): number | null {
  const said = given(environment[variable]) ?? file ?? otherwise;
  if (said === 'off') return null;
  return typeof said === 'number' ? said : parsePort(said, `${variable} (or "off")`);
}

export interface GatewaySettings {
  readonly host: string;
  readonly port: number;
  /** Of the door for OTLP over gRPC; null when there is none. */
  readonly grpcPort: number | null;
  readonly dataDir: string;
  readonly apiKey: string | undefined;
  readonly databaseUrl: string | undefined;
  readonly clickhouseUrl: string | undefined;
  /** The cluster, as the ClickHouse there names it, that the tables are spread over. */
  readonly clickhouseCluster: string | undefined;
  /** Where people open the web app. */
  readonly externalUrl: string;
  /** 32 bytes in base64, under which channels' addresses lie in Postgres; undefined: a file in the data directory. */
  readonly secretKey: string | undefined;
  /** Private addresses that notifications may go to, as CIDR ranges with commas between. */
  readonly allowedPrivateTargets: string;
  /** Whether the doors that delete samples are open. */
  readonly adminApi: boolean;
  /** Experimental parts of PromQL that are on. */
  readonly promqlFeatures: Features;
  /** What the telemetry store may take of its disk. */
  readonly storage: StorageLimits;
  /** What queries may take. */
  readonly queries: QueryLimits;
  readonly sealAfterSeconds: number;
}

/** Flag before variable before file before default. */
export function gatewaySettings(flags: Flags, environment: Environment, config: Config): GatewaySettings {
  const apiKey = given(environment.BINNACLE_API_KEY) ?? config.gateway.apiKey;
  if (apiKey !== undefined && apiKey.length < 16)
    throw new BinnacleError('bad_config', 'BINNACLE_API_KEY must have at least 16 characters');
  return {
    host: host(flags, environment, config.gateway.host),
    port: port(flags.port, environment, 'BINNACLE_GATEWAY_PORT', config.gateway.port, defaults.gatewayPort),
    grpcPort: grpcPort(environment, grpcPortVariable, config.gateway.grpcPort, defaults.grpcPort),
    dataDir: dataDirectory(flags, environment),
    apiKey,
    databaseUrl: given(environment.DATABASE_URL) ?? config.gateway.databaseUrl,
    clickhouseUrl: given(environment.CLICKHOUSE_URL) ?? config.gateway.clickhouseUrl,
    clickhouseCluster: given(environment.CLICKHOUSE_CLUSTER) ?? config.gateway.clickhouseCluster,
    externalUrl:
      given(environment.BINNACLE_EXTERNAL_URL) ??
      config.gateway.externalUrl ??
      `http://localhost:${webPort(environment)}`,
    secretKey: given(environment.BINNACLE_SECRET_KEY),
    allowedPrivateTargets: environment.BINNACLE_ALLOW_PRIVATE_TARGETS ?? '',
    adminApi: flag(environment, 'BINNACLE_ADMIN_API') ?? config.gateway.adminApi,
    promqlFeatures: new Set(config.gateway.promqlFeatures),
    storage: config.gateway.storage,
    queries: config.gateway.queries,
    sealAfterSeconds: config.gateway.sealAfterSeconds,
  };
}

/** A variable that is 1 or true, 0 or false. Throws `bad_config` for anything else. */
function flag(environment: Environment, variable: string): boolean | undefined {
  const text = given(environment[variable]);
  if (text === undefined) return undefined;
  if (text === '1' || text === 'true') return true;
  if (text === '0' || text === 'false') return false;
  throw new BinnacleError('bad_config', `${variable} must be 1 or 0, got "${text.slice(0, 40)}"`);
}

export function host(flags: Flags, environment: Environment, file: string | undefined): string {
  return given(flags.host) ?? given(environment.BINNACLE_HOST) ?? file ?? defaults.host;
}

export interface AgentSettings {
  readonly gatewayUrl: string;
  readonly apiKey: string | undefined;
  readonly host: string;
  readonly port: number;
  /** Of its door for OTLP over gRPC; null for none. */
  readonly grpcPort: number | null;
  readonly bufferBytes: number;
  readonly spool: {
    /** Undefined keeps what waits in memory. */
    readonly directory: string | undefined;
    readonly bytes: number;
    readonly syncMilliseconds: number;
    readonly maxAgeSeconds: number;
  };
  readonly shutdownSeconds: number;
}

export function agentSettings(
  flags: Flags & { readonly gateway?: string },
  environment: Environment,
  config: Config,
): AgentSettings {
  const gatewayUrl =
    given(flags.gateway) ?? given(environment.BINNACLE_GATEWAY_URL) ?? config.agent.gateway ?? defaults.gatewayUrl;
  if (!URL.canParse(gatewayUrl) || !/^https?:$/.test(new URL(gatewayUrl).protocol)) {
    throw new BinnacleError(
      'bad_config',
      'the gateway (--gateway, BINNACLE_GATEWAY_URL) must be a URL, such as http://gateway:4318',
    );
  }
  return {
    gatewayUrl,
    apiKey: given(environment.BINNACLE_API_KEY) ?? config.agent.apiKey,
    host: given(flags.host) ?? config.agent.host ?? defaults.host,
    port: port(flags.port, environment, 'BINNACLE_AGENT_PORT', config.agent.port, defaults.agentPort),
    grpcPort: grpcPort(environment, 'BINNACLE_AGENT_GRPC_PORT', config.agent.grpcPort, 'off'),
    bufferBytes: config.agent.bufferBytes ?? defaults.agentBufferBytes,
    spool: {
      ...config.agent.spool,
      directory: config.agent.spool.onDisk ? spoolDirectory(flags, environment, config) : undefined,
    },
    shutdownSeconds: config.agent.shutdownSeconds ?? defaults.agentShutdownSeconds,
  };
}

function spoolDirectory(flags: Flags, environment: Environment, config: Config): string {
  const named = config.agent.spool.directory;
  return named === undefined ? path.join(dataDirectory(flags, environment), 'agent') : path.resolve(named);
}

export function webPort(environment: Environment): number {
  return port(undefined, environment, 'BINNACLE_WEB_PORT', undefined, defaults.webPort);
}

export function demoPort(flags: Flags, environment: Environment): number {
  return port(flags.port, environment, 'BINNACLE_DEMO_PORT', undefined, defaults.demoPort);
}

export function logLevel(environment: Environment, config?: Config): LogLevel {
  const named = given(environment.BINNACLE_LOG_LEVEL);
  if (named === undefined) return config?.log.level ?? 'info';
  const level = logLevels.find((known) => known === named.toLowerCase());
  if (level === undefined)
    throw new BinnacleError(
      'bad_config',
      `BINNACLE_LOG_LEVEL must be one of ${logLevels.join(', ')}, got "${named.slice(0, 40)}"`,
    );
  return level;
}

/** Where a program on this machine reaches a server bound to the host. */
export function localUrl(bound: string, atPort: number): string {
  const reachable =
    bound === '0.0.0.0' ? '127.0.0.1' : bound === '::' ? '[::1]' : bound.includes(':') ? `[${bound}]` : bound;
  return `http://${reachable}:${atPort}`;
}

function given(text: string | undefined): string | undefined {
  return text === undefined || text === '' ? undefined : text;
}
