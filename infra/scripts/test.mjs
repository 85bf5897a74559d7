// npm test: everything that must be true before a change lands, from types to a real browser.
// `npm test -- --only types,lint,arrows,unit,e2e` runs a part; the last line is `N passed, N failed[, N skipped]`.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureChromium } from './chromium.mjs';
import { ensureInstalled, pinnedEnvironment, run, say } from './toolchain.mjs';

const stages = ['types', 'lint', 'arrows', 'unit', 'e2e'];
const only = askedStages(process.argv.slice(2));

ensureInstalled();

const reports = mkdtempSync(join(tmpdir(), 'binnacle-test-'));
const total = { passed: 0, failed: 0, skipped: 0 };

/** The stages named by `--only a,b`; undefined for all. What is not understood ends the process: nothing has begun yet. */
function askedStages(given) {
  const [option, ...rest] = given.flatMap((one) => (one.startsWith('--only=') ? ['--only', one.slice(7)] : [one]));
  if (option === undefined) return undefined;
  if (option !== '--only') refuse(`unknown option ${JSON.stringify(option)}`);
  const [list, more] = rest;
  if (more !== undefined) refuse(`unknown option ${JSON.stringify(more)}`);
  const names = (list ?? '').split(',').filter((name) => name !== '');
  if (names.length === 0) refuse('--only needs the names of stages');
  const unknown = names.find((name) => !stages.includes(name));
  if (unknown !== undefined) refuse(`there is no stage ${JSON.stringify(unknown)}`);
  return names;
}

function refuse(fault) {
  process.stderr.write(`${fault}; usage: npm test [-- --only ${stages.join(',')}]\n`);
  process.exit(2);
}

async function stage(name, work) {
  if (only && !only.includes(name)) return;
  say(`\n── ${name} ${'─'.repeat(Math.max(0, 76 - name.length))}`);
  const began = Date.now();
  const { passed, failed, skipped = 0 } = await work();
  total.passed += passed;
  total.failed += failed;
  total.skipped += skipped;
  say(
    `${name}: ${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''} (${((Date.now() - began) / 1000).toFixed(0)} s)`,
  );
}

/** A tool that either passes or fails as one check. */
const check = (command, arguments_) => async () =>
  (await run(command, arguments_)) === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };

function readReport(file) {
  try {
    return JSON.parse(readFileSync(join(reports, file), 'utf8'));
  } catch {
    return undefined;
  }
}

async function unit() {
  const file = 'vitest.json';
  const code = await run('vitest', [
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${join(reports, file)}`,
  ]);
  const report = readReport(file);
  if (!report) return { passed: 0, failed: 1 };
  const failed =
    report.numFailedTests +
    report.testResults.filter((r) => r.status === 'failed' && r.assertionResults.length === 0).length;
  return {
    passed: report.numPassedTests,
    failed: Math.max(failed, code === 0 ? 0 : 1),
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

async function endToEnd() {
  const chromium = ensureChromium();
  if (!chromium) {
    say('no Chromium could be found or installed: set CHROMIUM_PATH');
    return { passed: 0, failed: 1 };
  }
  const built = await run('turbo', ['run', 'build', '--output-logs=errors-only', '--no-color']);
  if (built !== 0) return { passed: 0, failed: 1 };
  const file = 'playwright.json';
  const code = await run('playwright', ['test', '--config', 'apps/web/playwright.config.ts'], {
    env: {
      ...pinnedEnvironment(),
      PLAYWRIGHT_JSON_OUTPUT_FILE: join(reports, file),
      CHROMIUM_PATH: chromium.executablePath ?? '',
    },
  });
  const report = readReport(file);
  if (!report) return { passed: 0, failed: 1 };
  const { expected, unexpected, flaky, skipped } = report.stats;
  const failed = unexpected + flaky + report.errors.length;
  return { passed: expected, failed: Math.max(failed, code === 0 ? 0 : 1), skipped };
}

await stage('types', check('turbo', ['run', 'typecheck', '--output-logs=errors-only', '--no-color']));
await stage('lint', check('biome', ['check', '--error-on-warnings', '.']));
await stage(
  'arrows',
  check('depcruise', ['--config', '.dependency-cruiser.cjs', '--output-type', 'err', 'apps', 'packages']),
);
await stage('unit', unit);
await stage('e2e', endToEnd);

rmSync(reports, { recursive: true, force: true });
say('');
say(`${total.passed} passed, ${total.failed} failed${total.skipped ? `, ${total.skipped} skipped` : ''}`);
process.exit(total.failed === 0 && total.passed > 0 ? 0 : 1);
