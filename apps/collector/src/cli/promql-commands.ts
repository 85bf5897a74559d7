import type { Command } from 'commander';

const urlOption = [
  '-u, --url <url>',
  'gateway to ask, or another server of the Prometheus API (default: BINNACLE_GATEWAY_URL, or http://127.0.0.1:4318)',
] as const;
const timesHelp = `
Times are unix seconds, RFC 3339 (2026-11-23T18:00:00Z), "now", or a duration before now: 15m, now-15m.
Sends BINNACLE_API_KEY where it is set, which a gateway that is not bound to loopback asks for.`;

/** Adds `binnacle promql …`. */
export function addPromqlCommands(program: Command): void {
  const promql = program.command('promql').description('The query language: run scripts, ask, see plans.');
  promql
    .command('test')
    .argument('<file...>', "scripts in the format of Prometheus' promqltest")
    .option('--only <scope>', 'core (nothing experimental), float (all but native histograms), all', 'float')
    .option(
      '--features <names>',
      'experimental features that are on: names with commas between, or none (default: all of them)',
    )
    .description('Run scripts against the engine, over samples in memory, and say which evals it answers otherwise.')
    .addHelpText(
      'after',
      `
An instant query is asked as it is, then pinned by @ and asked at other times, and each of those as a range query too; it
passes only with all of them. Evals that are not run are counted by reason. The last line is "N passed, N failed".
Exit status 0 when none failed, 1 otherwise.

Examples:
  binnacle promql test rules.test
  binnacle promql test packages/promql/testdata/*.test --only core`,
    )
    .action(async (files: string[], flags) => (await import('./promql-test.ts')).runPromqlTest(files, flags));
  promql
    .command('query')
    .argument('<expr>', 'PromQL')
    .option(...urlOption)
    .option('-t, --time <time>', 'when to evaluate (default: now)')
    .option('-s, --start <time>', 'first step: makes it a range query')
    .option('-e, --end <time>', 'last step (default: now)')
    .option('--step <duration>', 'distance of steps, as seconds or 30s (default: about 60 steps)')
    .option('--json', 'print the answer as the API gives it')
    .description('Ask a running gateway.')
    .addHelpText(
      'after',
      `${timesHelp}\n\nExamples:\n  binnacle promql query 'up'\n  binnacle promql query 'sum by (hostname) (rate(node_network_receive_bytes_total[5m]))' --start 1h --step 1m`,
    )
    .action(async (expr: string, flags) => (await import('./promql-query.ts')).runPromqlQuery(expr, flags));
  promql
    .command('explain')
    .argument('<expr>', 'PromQL')
    .option(...urlOption)
    .option('-t, --time <time>', 'when to evaluate (default: now)')
    .option('-s, --start <time>', 'first step: makes it a range query')
    .option('-e, --end <time>', 'last step (default: now)')
    .option('--step <duration>', 'distance of steps, as seconds or 30s (default: about 60 steps)')
    .option('--analyze', 'run the query too, and count what it took')
    .option('--json', 'print the plan as the gateway gives it')
    .description('Show how a running gateway would answer a query: its parts, what it reads, the SQL, the cost.')
    .addHelpText(
      'after',
      `${timesHelp}\n\nExample:\n  binnacle promql explain 'avg by (hostname) (DCGM_FI_DEV_GPU_UTIL)' --start 6h`,
    )
    .action(async (expr: string, flags) => (await import('./promql-explain.ts')).runPromqlExplain(expr, flags));
}
