import { BinnacleError } from '@binnacle/shared/errors.ts';
import { Command, CommanderError } from 'commander';
import { addDataCommands } from './data-commands.ts';
import { addPromqlCommands } from './promql-commands.ts';
import { version } from './version.ts';

const environmentHelp = `
Environment (a flag goes before a variable, a variable before the config file):
  BINNACLE_HOST          address to listen on (127.0.0.1); any but loopback wants API keys
  BINNACLE_GATEWAY_PORT  4318   BINNACLE_WEB_PORT  3000   BINNACLE_DEMO_PORT  4320   BINNACLE_AGENT_PORT  4319
  BINNACLE_GRPC_PORT     4317 (gateway), or off   BINNACLE_AGENT_GRPC_PORT  off
  BINNACLE_DATA_DIR      ./.binnacle
  BINNACLE_CONFIG        config file (./binnacle.yaml when it is there)
  BINNACLE_API_KEY       gateway: a key that opens every door; agent, promql: the key it sends
  BINNACLE_GATEWAY_URL   agent, web app, promql: where the gateway is
  BINNACLE_LOG_LEVEL     trace, debug, info, warn, error, fatal, silent (info)
  BINNACLE_ADMIN_API     1 opens the doors that delete samples
  BINNACLE_ALLOW_PRIVATE_TARGETS  private addresses (CIDR, comma) that notifications may go to
  BINNACLE_SECRET_KEY  32 bytes in base64 that seal the addresses of channels; else a file in the data directory
  BINNACLE_EXTERNAL_URL  where people open the web app, for links in notifications
  DATABASE_URL           Postgres (default: an embedded one)
  CLICKHOUSE_URL         ClickHouse (default: an embedded one)
  CLICKHOUSE_CLUSTER     cluster of that ClickHouse that the tables are spread over`;

const configOption = ['-c, --config <file>', 'YAML config file (default: ./binnacle.yaml when it is there)'] as const;
const dataDirOption = ['--data-dir <folder>', 'where data is kept (default: ./.binnacle)'] as const;
const hostOption = ['--host <address>', 'address to listen on (default: 127.0.0.1)'] as const;

/** The command line. Each role is loaded when it is asked for: an agent never loads a store. */
export function createProgram(): Command {
  const program = new Command('binnacle')
    .description(
      'One screen for GPU fabric, scheduler, serving and pipeline telemetry that says why something is slow.',
    )
    .version(version, '-V, --version')
    .showSuggestionAfterError(true)
    .exitOverride()
    .addHelpText(
      'after',
      `${environmentHelp}\n\nExamples:\n  binnacle start\n  binnacle agent --config binnacle.yaml --gateway http://gateway:4318\n  binnacle config check binnacle.yaml`,
    );

  program
    .command('start')
    .description('Run everything on this machine: Postgres, gateway, demo cluster and web app, under one supervisor.')
    .option(...configOption)
    .option(...dataDirOption)
    .option('--no-demo', 'leave the demo cluster out')
    .option('--no-web', 'leave the web app out')
    .option('--no-discover', 'do not look for sources on this machine')
    .addHelpText(
      'after',
      `\nctrl-C stops every process that it started. Data stays in the data directory.\n${environmentHelp}\n\nExamples:\n  binnacle start\n  binnacle start --no-demo --config binnacle.yaml`,
    )
    .action(async (flags) => (await import('./start-command.ts')).runStart(flags));

  program
    .command('gateway')
    .description('Store telemetry, answer queries, evaluate alert rules.')
    .option(...configOption)
    .option(...dataDirOption)
    .option(...hostOption)
    .option('-p, --port <port>', 'port to listen on (default: 4318)')
    .addHelpText(
      'after',
      `\nDoors: POST /api/v1/write (Prometheus remote write), POST /v1/metrics (OTLP/HTTP), the Prometheus HTTP API under\n/api/v1, /api/binnacle, /metrics, /healthz, /readyz. Without DATABASE_URL and CLICKHOUSE_URL it keeps both stores in the\ndata directory. On any address but loopback it starts only with API keys: see binnacle key create.\n${environmentHelp}\n\nExamples:\n  binnacle gateway\n  BINNACLE_HOST=0.0.0.0 BINNACLE_API_KEY=… binnacle gateway --config binnacle.yaml`,
    )
    .action(async (flags) => (await import('./gateway-command.ts')).runGateway(flags));

  program
    .command('agent')
    .description('Run receivers beside a workload and forward what they read to a gateway.')
    .option(...configOption)
    .option(...dataDirOption)
    .option('-g, --gateway <url>', 'gateway to forward to (default: http://127.0.0.1:4318)')
    .option('--host <address>', 'address of its own /metrics and /healthz (default: 127.0.0.1)')
    .option('-p, --port <port>', 'port of its own /metrics and /healthz (default: 4319)')
    .addHelpText(
      'after',
      `\nKeeps up to agent.spool.bytes (512 MiB) on disk while the gateway is away, and sends it when it is back, after a restart\ntoo. A full spool refuses; nothing is dropped without a counter and a log line.\n${environmentHelp}\n\nExample config:\n  receivers:\n    infiniband:\n      roots: [{ labels: { cluster: prod } }]\n  agent:\n    gateway: https://gateway.example:4318\n    apiKey: \${BINNACLE_API_KEY}\n\nExample:\n  binnacle agent --config binnacle.yaml`,
    )
    .action(async (flags) => (await import('./agent-command.ts')).runAgent(flags));

  program
    .command('demo')
    .description(
      'Simulate a GPU cluster behind the real protocols of its exporters, for the ordinary receivers to read.',
    )
    .option(...dataDirOption)
    .option('-p, --port <port>', 'port to listen on (default: 4320)')
    .option('-g, --gateway <url>', 'gateway to write the history before the start to (default: http://127.0.0.1:4318)')
    .addHelpText(
      'after',
      `\nPrints the receivers' config that reads it. binnacle start does all of that by itself.\n${environmentHelp}\n\nExample:\n  binnacle demo --port 4320`,
    )
    .action(async (flags) => (await import('./demo-command.ts')).runDemo(flags));

  const config = program.command('config').description('Config files.');
  config
    .command('check')
    .argument('<file>', 'YAML config file')
    .description('Say whether a config file is valid; otherwise where it is wrong and what is allowed.')
    .addHelpText(
      'after',
      '\nExit status 0 when valid, 1 when not. Environment variables that it names must be set.\n\nExample:\n  binnacle config check binnacle.yaml',
    )
    .action(async (file: string) => (await import('./config-command.ts')).runConfigCheck(file));

  const key = program
    .command('key')
    .description('API keys: what machines show to a gateway that is not bound to loopback.');
  const keyHelp =
    '\nKeys are kept in Postgres as hashes: DATABASE_URL, or the embedded one of the data directory (running or not).';
  key
    .command('create')
    .argument('<name>', 'who uses it, to recognise it by')
    .option(
      '-s, --scope <scope...>',
      'write (send telemetry), read (ask), alerts (silence them), maintain (delete, back up); one or several',
      ['write'],
    )
    .option(...dataDirOption)
    .description('Make a key and print it, once.')
    .addHelpText(
      'after',
      `${keyHelp}\n\nExamples:\n  binnacle key create rack-7\n  binnacle key create grafana --scope read`,
    )
    .action(async (name: string, flags) => (await import('./key-command.ts')).runKeyCreate(name, flags));
  key
    .command('list')
    .option(...dataDirOption)
    .description('List the keys; never the keys themselves.')
    .addHelpText('after', keyHelp)
    .action(async (flags) => (await import('./key-command.ts')).runKeyList(flags));
  key
    .command('revoke')
    .argument('<id>', 'id or prefix, as binnacle key list shows it')
    .option(...dataDirOption)
    .description('End a key; gateways refuse it within 10 seconds.')
    .addHelpText('after', keyHelp)
    .action(async (id: string, flags) => (await import('./key-command.ts')).runKeyRevoke(id, flags));
  addPromqlCommands(program);
  addDataCommands(program);
  return program;
}

/** Runs the command line and returns the exit status. A failure that a user can mend is one sentence. */
export async function runCli(argv: readonly string[]): Promise<number> {
  try {
    await createProgram().parseAsync(argv as string[]);
    return typeof process.exitCode === 'number' ? process.exitCode : 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode;
    if (error instanceof BinnacleError) console.error(`binnacle: ${error.message}`);
    else console.error('binnacle:', error);
    return 1;
  }
}
