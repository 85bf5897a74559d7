import type { Command } from 'commander';

const urlOption = [
  '-u, --url <url>',
  'gateway to ask (default: BINNACLE_GATEWAY_URL, or http://127.0.0.1:4318)',
] as const;

const collect = (text: string, known: readonly string[]): string[] => [...known, text];

/** Adds `binnacle series …`: what becomes of stored data. */
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
}
