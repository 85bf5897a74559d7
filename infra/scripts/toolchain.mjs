// The first step of `npm start` and `npm test`: runs on whatever Node is there (20 up), installs the pinned
// dependencies when they are missing or stale, and finds the pinned Node that everything else runs on.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));
const bin = join(root, 'node_modules', '.bin');
const stamp = join(root, 'node_modules', '.binnacle-installed');

export const say = (text) => process.stdout.write(`${text}\n`);

/** Ends the process with one sentence. */
export function giveUp(sentence) {
  process.stderr.write(`binnacle: ${sentence}\n`);
  process.exit(1);
}

/** Environment in which `node` is the pinned one. */
export function pinnedEnvironment() {
  return {
    ...process.env,
    PATH: `${bin}${delimiter}${process.env.PATH ?? ''}`,
    NEXT_TELEMETRY_DISABLED: '1',
    TURBO_TELEMETRY_DISABLED: '1',
    TURBO_NO_UPDATE_NOTIFIER: '1',
    DO_NOT_TRACK: '1',
  };
}

function lockHash() {
  const lock = readFileSync(join(root, 'package-lock.json'));
  return createHash('sha256').update(lock).update(`${process.platform}-${process.arch}`).digest('hex');
}

/** `npm ci` when node_modules is missing or belongs to another lock file or platform. */
export function ensureInstalled() {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < 20)
    giveUp(
      `Node 20 or newer is needed to begin (this is ${process.versions.node}); the pinned Node comes with the install.`,
    );
  const wanted = lockHash();
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  say('Installing the pinned dependencies (a few minutes the first time) …');
  const npm = process.env.npm_execpath;
  const arguments_ = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
  const result = npm
    ? spawnSync(process.execPath, [npm, ...arguments_], { cwd: root, stdio: 'inherit' })
    : spawnSync('npm', arguments_, { cwd: root, stdio: 'inherit', shell: process.platform === 'win32' });
  if (result.status !== 0) giveUp('npm ci failed; its message stands above.');
  if (!existsSync(join(bin, 'node'))) {
    // an npm that runs no install scripts leaves the pinned Node out: run its one step ourselves
    spawnSync(process.execPath, [join(root, 'node_modules', 'node', 'installArchSpecificPackage.js')], {
      cwd: join(root, 'node_modules', 'node'),
      stdio: 'inherit',
    });
  }
  if (!existsSync(join(bin, 'node')))
    giveUp('the pinned Node is missing after the install; run npm ci by hand to see why.');
  writeFileSync(stamp, wanted);
}

/** Runs a command in the pinned environment and resolves with its exit code. Signals go to the child, which ends first. */
export function run(command, arguments_, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(join(bin, command), arguments_, {
      cwd: root,
      env: pinnedEnvironment(),
      stdio: 'inherit',
      ...options,
    });
    const forward = (signal) => child.kill(signal);
    process.on('SIGINT', forward); // a terminal sends it to the child too, which knows an echo; a process manager does not
    process.on('SIGTERM', forward);
    process.on('SIGHUP', forward);
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      process.off('SIGINT', forward);
      process.off('SIGTERM', forward);
      process.off('SIGHUP', forward);
      resolve(code ?? (signal ? 1 : 0));
    });
  });
}
