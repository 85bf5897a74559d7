import { existsSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { openTelemetryStore } from '@binnacle/db/telemetry/store.ts';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import { dataDirectory, defaults, type Flags, gatewaySettings, loadConfig } from '../config/settings.ts';
import type { BackupStatus } from '../gateway/lifecycle/backup-job.ts';
import { version } from './version.ts';

export interface BackupFlags extends Flags {
  readonly url?: string;
  readonly only?: string;
}

/** Asks the running gateway for a backup; where none has the data directory, reads that itself. */
export async function runBackup(folder: string, flags: BackupFlags): Promise<void> {
  const only = flags.only;
  if (only !== undefined && only !== 'telemetry' && only !== 'state')
    throw new BinnacleError('bad_config', `--only must be telemetry or state, got "${only}"`);
  const place = path.resolve(folder);
  const environment = process.env;
  const release = flags.url === undefined ? await takeStopped(dataDirectory(flags, environment)) : undefined;
  if (release === undefined) return askForBackup(place, only, flags);
  try {
    await backUpStopped(place, only, flags);
  } finally {
    await release();
  }
}

/** Takes a data directory that no gateway has; undefined where one has it, or there is none. */
async function takeStopped(dataDir: string): Promise<(() => Promise<void>) | undefined> {
  if (!existsSync(dataDir)) return undefined;
  const { takeDataDirectory } = await import('../gateway/data-directory.ts');
  try {
    return await takeDataDirectory(path.join(dataDir, 'gateway'));
  } catch (error) {
    if (error instanceof BinnacleError && error.code === 'conflict') return undefined;
    throw error;
  }
}

async function backUpStopped(folder: string, only: string | undefined, flags: Flags): Promise<void> {
  const [{ writeBackup }, { clickhousePlace }, { withState }, { config }] = await Promise.all([
    import('../gateway/lifecycle/write-backup.ts'),
    import('../gateway/clickhouse-place.ts'),
    import('./key-command.ts'),
    loadConfig(flags, process.env),
  ]);
  const settings = gatewaySettings(flags, process.env, config);
  const write = async (databaseUrl: string | undefined) => {
    // Opened as the gateway would: what is past its retention is not backed up, and the spool is emptied into its table.
    const store =
      only === 'state'
        ? undefined
        : await openTelemetryStore(clickhousePlace(settings), { retentionDays: config.limits.retentionDays });
    try {
      const { files } = await writeBackup(folder, { store, databaseUrl, version });
      tell(
        folder,
        files.length,
        files.reduce((sum, file) => sum + file.bytes, 0),
      );
    } finally {
      await store?.close();
    }
  };
  if (only === 'telemetry') await write(undefined);
  else await withState(flags, (state) => write(state.databaseUrl));
}

async function askForBackup(folder: string, only: string | undefined, flags: BackupFlags): Promise<void> {
  const body = JSON.stringify({ directory: folder, ...(only === undefined ? {} : { only }) });
  let status = await ask(flags, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  while (status.state === 'running') {
    await delay(200);
    status = await ask(flags, {});
  }
  if (status.state !== 'done') {
    const why = status.state === 'failed' ? status.error : 'the gateway was started anew meanwhile';
    throw new BinnacleError('upstream_failed', `the backup failed: ${why}`);
  }
  tell(status.folder, status.files, status.bytes);
}

async function ask(flags: BackupFlags, request: RequestInit): Promise<BackupStatus> {
  const base = (flags.url ?? (process.env.BINNACLE_GATEWAY_URL || defaults.gatewayUrl)).replace(/\/*$/, '');
  const key = process.env.BINNACLE_API_KEY;
  const headers = {
    ...request.headers,
    ...(key === undefined || key === '' ? {} : { authorization: `Bearer ${key}` }),
  };
  let answer: Response;
  try {
    answer = await fetch(`${base}/api/binnacle/backup`, { ...request, headers });
  } catch (cause) {
    throw new BinnacleError(
      'upstream_failed',
      `no gateway answers at ${base}: give --url, or --data-dir of one that is stopped`,
      { cause },
    );
  }
  const said = (await answer.json()) as BackupStatus & { message?: string };
  if (!answer.ok) throw new BinnacleError('upstream_failed', `${base}: ${said.message ?? `HTTP ${answer.status}`}`);
  return said;
}

function tell(folder: string, files: number, bytes: number): void {
  console.log(`backup written: ${folder} (${files} files, ${bytes} bytes)`);
}
