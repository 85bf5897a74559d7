import { existsSync } from 'node:fs';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import {
  dataDirectory,
  defaults,
  demoPort,
  type Flags,
  gatewaySettings,
  loadConfig,
  webPort,
} from '../config/settings.ts';
import { startAll } from '../start/start.ts';
import { roleLog, runUntilStopped } from './role.ts';
import { version } from './version.ts';

interface StartFlags extends Flags {
  readonly demo: boolean;
  readonly web: boolean;
  readonly discover: boolean;
}

export async function runStart(flags: StartFlags): Promise<void> {
  const environment = process.env;
  const { config } = await loadConfig(flags, environment);
  const gateway = gatewaySettings(flags, environment, config);
  const named = flags.config ?? (environment.BINNACLE_CONFIG || undefined);
  const configFile = named ?? (existsSync(defaults.configFile) ? defaults.configFile : undefined);
  const log = roleLog('start', config).child({}, { level: environment.BINNACLE_LOG_LEVEL ? undefined : 'warn' } as {
    level?: string;
  });
  const say = (line: string) => console.log(line);
  say(`Binnacle ${version}`);
  // A stop signal while things still start must stop those that have.
  let interrupted: (() => void) | undefined;
  const early = new Promise<never>((_, reject) => {
    interrupted = () => reject(new BinnacleError('internal', 'stopped before everything had started'));
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupted);
  });
  early.catch(() => undefined);
  const starting = startAll(
    {
      host: gateway.host,
      gatewayPort: gateway.port,
      grpcPort: gateway.grpcPort,
      webPort: webPort(environment),
      demoPort: demoPort({}, environment),
      dataDir: dataDirectory(flags, environment),
      databaseUrl: gateway.databaseUrl,
      configFile,
      demo: flags.demo,
      web: flags.web,
      discover: flags.discover,
      environment,
    },
    say,
    log,
  );
  const running = await Promise.race([starting, early]).catch(async (error: unknown) => {
    // Signals that still come are the same wish: what has started is being stopped.
    await starting.then(
      (late) => late.stop(),
      () => undefined,
    );
    throw error;
  });
  const stopped = runUntilStopped(
    log,
    async () => {
      say('\nStopping …');
      await running.stop();
      say('Stopped.');
    },
    () => running.kill(),
  );
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    if (interrupted !== undefined) process.off(signal, interrupted);
  await stopped;
}
