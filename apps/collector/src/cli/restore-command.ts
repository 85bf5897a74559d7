import path from 'node:path';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import { dataDirectory, type Flags, gatewaySettings, loadConfig } from '../config/settings.ts';
import { roleLog } from './role.ts';

/** Makes a data directory from a backup. */
export async function runRestore(folder: string, flags: Flags): Promise<void> {
  const { config } = await loadConfig(flags, process.env);
  const { clickhouseUrl, databaseUrl } = gatewaySettings(flags, process.env, config);
  if (clickhouseUrl !== undefined) {
    throw new BinnacleError(
      'bad_config',
      'CLICKHOUSE_URL is set: telemetry is restored into a data directory only; unset it, or use RESTORE of ClickHouse.',
    );
  }
  const { restoreBackup } = await import('../gateway/lifecycle/restore-backup.ts');
  const dataDir = dataDirectory(flags, process.env);
  const log = roleLog('restore').child({}, { level: 'warn' });
  const { startedAt, version } = await restoreBackup(path.resolve(folder), { dataDir, databaseUrl, log });
  console.log(`restored ${dataDir} from the backup of ${startedAt} (Binnacle ${version})`);
}
