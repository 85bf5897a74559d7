import type { Command } from 'commander';

const urlOption = [
  '-u, --url <url>',
  'gateway to ask (default: BINNACLE_GATEWAY_URL, or http://127.0.0.1:4318)',
] as const;

const collect = (text: string, known: readonly string[]): string[] => [...known, text];

/** Adds `binnacle series …`, `backup` and `restore`: what becomes of stored data. */
export function addDataCommands(program: Command): void {
  const series = program.command('series').description('Stored series.');
  series
    .command('delete')
    .requiredOption('-m, --match <selector>', 'series selector; may be given several times', collect, [])
    .option(...urlOption)
    .option('-s, --start <time>', 'first time of what is deleted (default: the beginning)')
    .option('-e, --end <time>', 'last time of what is deleted (default: the end)')
    .option('--dry-run', 'say how much it would be, and delete nothing')
    .option('--clean', 'take what was deleted off the disk at once, instead of with the next merges')
    .description('Delete samples of a running gateway, for good.')
    .addHelpText(
      'after',
      `
The gateway must allow it: gateway.adminApi, or BINNACLE_ADMIN_API=1. Bound to anything but loopback it wants the key of
BINNACLE_API_KEY. What is deleted is in no answer from then on; samples that arrive later are stored as usual.
Times are unix seconds, RFC 3339 (2026-11-23T18:00:00Z), "now", or a duration before now: 15m, now-15m.

Examples:
  binnacle series delete --match '{cluster="old"}' --dry-run
  binnacle series delete --match 'DCGM_FI_DEV_GPU_TEMP{hostname="n7"}' --start 2h --end 1h`,
    )
    .action(async (flags) => (await import('./series-command.ts')).runSeriesDelete(flags));

  program
    .command('backup')
    .argument('<to-folder>', 'folder that is empty or not there, on the machine of the gateway')
    .option(...urlOption)
    .option('-c, --config <file>', 'YAML config file (default: ./binnacle.yaml when it is there)')
    .option('--data-dir <folder>', 'where data is kept (default: ./.binnacle)')
    .option(
      '--only <part>',
      'telemetry (samples, spans, logs, records) or state (rules, alerts, channels, keys, people)',
    )
    .description('Write all data into a folder, while the gateway runs or is stopped.')
    .addHelpText(
      'after',
      `
A running gateway writes the folder itself; bound to anything but loopback it wants the key of BINNACLE_API_KEY. Without
--url, the data directory of a gateway that is stopped is read directly. Everything acknowledged before is in it.
Channels' URLs, secrets and hashes of keys are in it in the clear: keep it like one.

Examples:
  binnacle backup /backups/2026-11-23
  binnacle backup /backups/rules --only state`,
    )
    .action(async (folder: string, flags) => (await import('./backup-command.ts')).runBackup(folder, flags));

  program
    .command('restore')
    .argument('<from-folder>', 'folder that binnacle backup wrote')
    .option('-c, --config <file>', 'YAML config file (default: ./binnacle.yaml when it is there)')
    .option('--data-dir <folder>', 'data directory to make: empty or not there (default: ./.binnacle)')
    .description('Make a data directory from a backup.')
    .addHelpText(
      'after',
      `
Every file is checked against the backup's manifest; a restore that fails leaves nothing behind. With DATABASE_URL, rules,
channels and keys go into that database, which must have no tables of Binnacle.

Example:
  binnacle restore /backups/2026-11-23 --data-dir /var/lib/binnacle`,
    )
    .action(async (folder: string, flags) => (await import('./restore-command.ts')).runRestore(folder, flags));
}
