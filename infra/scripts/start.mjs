// npm start: from a clone to a living cluster.
import { ensureInstalled, giveUp, run, say } from './toolchain.mjs';

ensureInstalled();
const arguments_ = process.argv.slice(2);
const asksForHelp = arguments_.includes('--help') || arguments_.includes('-h');
if (!asksForHelp) {
  say('Building what is not built …');
  const build = await run('turbo', ['run', 'build', '--output-logs=errors-only', '--log-order=grouped', '--no-color'], {
    stdio: ['ignore', process.env.BINNACLE_VERBOSE ? 'inherit' : 'ignore', 'inherit'],
  });
  if (build !== 0) giveUp('the build failed; run BINNACLE_VERBOSE=1 npm start to see all of it.');
}
process.exit(await run('node', ['apps/collector/src/main.ts', 'start', ...arguments_]));
