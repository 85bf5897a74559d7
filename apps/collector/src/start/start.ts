import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { upsertFoundSources } from '@binnacle/db/state/found-sources.ts';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import type { Logger } from 'pino';
import { ensurePortFree } from '../config/listen-port.ts';
import { grpcPortVariable, localUrl } from '../config/settings.ts';
import { type Discovered, discover } from '../discover/discover.ts';
import { takeDataDirectory } from '../gateway/data-directory.ts';
import { StateLink } from '../gateway/state-link.ts';
import { consentedReceivers, untilConsentChanges } from './consent.ts';
import { writeGeneratedConfig } from './generated-config.ts';
import { type Say, SupervisedChild } from './supervised-child.ts';

export interface StartSettings {
  readonly host: string;
  readonly gatewayPort: number;
  /** null for no gRPC door */
  readonly grpcPort: number | null;
  readonly webPort: number;
  readonly demoPort: number;
  readonly dataDir: string;
  readonly databaseUrl: string | undefined;
  /** The user's config file, if there is one. */
  readonly configFile: string | undefined;
  readonly demo: boolean;
  readonly web: boolean;
  readonly discover: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export interface RunningStart {
  /** Process ids of the children. */
  pids(): number[];
  stop(): Promise<void>;
  /** Kills the children without waiting; Postgres is shut down as this process ends. */
  kill(): void;
}

const main = fileURLToPath(new URL('../main.ts', import.meta.url));
const repository = fileURLToPath(new URL('../../../../', import.meta.url));
const exitWithParent = fileURLToPath(new URL('./exit-with-parent.ts', import.meta.url));

/**
 * What `npm start` runs: Postgres, the demo cluster, the gateway and the web app, each told of the others. Throws one
 * sentence, with everything stopped again, when a part does not start.
 */
export async function startAll(settings: StartSettings, say: Say, log: Logger): Promise<RunningStart> {
  interface Part {
    readonly name: string;
    /** Child processes are told to stop all at once: none of them then finds another one gone. */
    readonly child?: true;
    stop(): Promise<unknown>;
  }
  const started: Part[] = [];
  const children: SupervisedChild[] = [];
  const stop = async () => {
    const end = (part: Part) =>
      part.stop().catch((error: unknown) => log.error({ err: error }, `${part.name} did not stop cleanly`));
    const parts = started.splice(0).reverse();
    for (const [i, part] of parts.entries()) {
      if (part.child === undefined) await end(part);
      else if (parts[i - 1]?.child === undefined)
        await Promise.all(
          parts
            .slice(i)
            .filter(({ child }) => child)
            .map(end),
        );
    }
  };
  const step = async <T>(name: string, work: Promise<T>): Promise<T> => {
    const began = performance.now();
    const value = await work;
    say(`  ✓ ${name.padEnd(16)} ${((performance.now() - began) / 1000).toFixed(1)} s`);
    return value;
  };
  try {
    if (settings.web) refuseUnbuiltWeb();
    await refuseTakenPorts(settings);
    const giveBack = await takeDataDirectory(settings.dataDir);
    started.push({ name: 'the data directory', stop: giveBack });

    const gatewayUrl = localUrl(settings.host, settings.gatewayPort);
    const link = new StateLink({
      databaseUrl: settings.databaseUrl,
      dataDir: settings.dataDir,
      log,
      onOpen: async () => undefined,
    });
    started.push({ name: 'Postgres', stop: () => link.stop() });
    const launch = (child: SupervisedChild, name: string) => {
      children.push(child);
      started.push({ name, child: true, stop: () => child.stop() });
      return child.start();
    };
    const environment = {
      ...settings.environment,
      BINNACLE_LOG_LEVEL: settings.environment.BINNACLE_LOG_LEVEL || 'warn',
      // Compiled modules are kept beside the data: a second start need not strip types again.
      NODE_COMPILE_CACHE: settings.environment.NODE_COMPILE_CACHE || path.join(settings.dataDir, 'compiled'),
      BINNACLE_LOG_PRETTY: process.stderr.isTTY ? '1' : undefined,
    };
    const role = (name: string, args: readonly string[], more: Readonly<Record<string, string | undefined>>) =>
      new SupervisedChild(
        { name, args: [main, ...args], env: { ...environment, ...more }, ready: 'message', readyTimeoutMs: 90_000 },
        say,
      );

    const demoArgs = [
      'demo',
      '--port',
      String(settings.demoPort),
      '--data-dir',
      settings.dataDir,
      '--gateway',
      gatewayUrl,
    ];
    const [, demoReceivers, found] = await Promise.all([
      step('Postgres', connect(link)),
      settings.demo
        ? step('demo cluster', launch(role('demo cluster', demoArgs, {}), 'the demo cluster')).then(receiversOf)
        : {},
      settings.discover ? discover(await userConfigText(settings.configFile)) : nothing,
    ]);

    const state = link.required();
    await upsertFoundSources(state, [...found.findings]);
    const writeConfig = async () =>
      writeGeneratedConfig(settings.dataDir, settings.configFile, [
        demoReceivers,
        found.receivers,
        await consentedReceivers(state, found.servers),
      ]);
    const config = await writeConfig();
    const gateway = role('gateway', ['gateway', '--config', config, '--data-dir', settings.dataDir], {
      BINNACLE_HOST: settings.host,
      BINNACLE_GATEWAY_PORT: String(settings.gatewayPort),
      BINNACLE_GRPC_PORT: String(settings.grpcPort ?? 'off'),
      BINNACLE_WEB_PORT: String(settings.webPort),
      DATABASE_URL: state.databaseUrl,
      // Reads of the embedded store run on libuv's threads; four are too few for a page of panels.
      UV_THREADPOOL_SIZE: settings.environment.UV_THREADPOOL_SIZE || '8',
    });
    const web = settings.web ? webApp(settings, gatewayUrl, state.databaseUrl, say) : undefined;
    // The web app asks the gateway only when somebody asks it: they can come up beside each other.
    await Promise.all([
      step('gateway', launch(gateway, 'the gateway')),
      web === undefined ? undefined : step('web app', launch(web, 'the web app')),
    ]);

    const watch = untilConsentChanges(state, log, async () => {
      await writeConfig();
      say('a source was agreed to or withdrawn: the gateway is started anew with it');
      await gateway.restart();
    });
    started.push({ name: 'the watch over consent', stop: watch });
    announce(settings, gatewayUrl, found, say);
    return {
      pids: () => children.flatMap(({ pid }) => (pid === undefined ? [] : [pid])),
      stop,
      kill: () => {
        for (const child of children) child.kill();
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

const nothing: Discovered = { receivers: {}, findings: [], servers: [], summary: [] };

async function refuseTakenPorts(settings: StartSettings): Promise<void> {
  const wanted = [
    { port: settings.gatewayPort, setting: 'BINNACLE_GATEWAY_PORT', host: settings.host, use: true },
    { port: settings.grpcPort ?? 0, setting: grpcPortVariable, host: settings.host, use: settings.grpcPort !== null },
    { port: settings.webPort, setting: 'BINNACLE_WEB_PORT', host: settings.host, use: settings.web },
    { port: settings.demoPort, setting: 'BINNACLE_DEMO_PORT', host: '127.0.0.1', use: settings.demo },
  ].filter(({ use }) => use);
  for (const [i, { port, setting }] of wanted.entries()) {
    const other = wanted.slice(i + 1).find((later) => later.port === port);
    if (other !== undefined)
      throw new BinnacleError('bad_config', `${setting} and ${other.setting} are both ${port}: give each its own port`);
  }
  for (const { host, port, setting } of wanted) await ensurePortFree(host, port, setting);
}

async function connect(link: StateLink): Promise<void> {
  await link.start();
  link.required();
}

async function userConfigText(file: string | undefined): Promise<string> {
  return file === undefined ? '' : readFile(file, 'utf8').catch(() => '');
}

function receiversOf(message: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return typeof message.receivers === 'object' && message.receivers !== null
    ? (message.receivers as Record<string, unknown>)
    : {};
}

const webFolder = path.join(repository, 'apps/web');

function refuseUnbuiltWeb(): void {
  if (existsSync(path.join(webFolder, '.next/BUILD_ID'))) return;
  throw new BinnacleError(
    'bad_config',
    'the web app is not built: run npm start, which builds it, or start with --no-web',
  );
}

function webApp(settings: StartSettings, gatewayUrl: string, databaseUrl: string, say: Say): SupervisedChild {
  const cwd = webFolder;
  const next = path.join(repository, 'node_modules/next/dist/bin/next');
  const url = localUrl(settings.host, settings.webPort);
  return new SupervisedChild(
    {
      name: 'web app',
      args: [
        '--import',
        exitWithParent,
        next,
        'start',
        '--port',
        String(settings.webPort),
        '--hostname',
        settings.host,
      ],
      cwd,
      env: {
        ...settings.environment,
        NODE_ENV: 'production',
        NEXT_TELEMETRY_DISABLED: '1',
        BINNACLE_GATEWAY_URL: gatewayUrl,
        BINNACLE_HOST: settings.host,
        BINNACLE_WEB_PORT: String(settings.webPort),
        DATABASE_URL: databaseUrl,
      },
      // Any answer is one: a server that asks for a login answers too.
      ready: async () => (await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(5000) })).status < 500,
      readyTimeoutMs: 60_000,
    },
    say,
  );
}

function announce(settings: StartSettings, gatewayUrl: string, found: Discovered, say: Say): void {
  const shown =
    settings.host === '127.0.0.1' ? `http://localhost:${settings.webPort}` : localUrl(settings.host, settings.webPort);
  say('');
  if (settings.web) say(`  Dashboard        ${shown}`);
  say(`  Gateway          ${gatewayUrl}   (remote write /api/v1/write, OTLP /v1/metrics, PromQL /api/v1/query)`);
  say(`  Data             ${settings.dataDir}`);
  if (settings.demo) say('  Demo cluster     on; npm start -- --no-demo leaves it out');
  say(
    `  This machine     ${found.summary.length === 0 ? (settings.discover ? 'no sources found' : 'not looked at') : found.summary.join(', ')}`,
  );
  say('');
  say('  ctrl-C stops everything.');
}
