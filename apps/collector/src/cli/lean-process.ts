import { spawnSync } from 'node:child_process';
import { accessSync, constants, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../main.ts', import.meta.url));
const stageVariable = 'BINNACLE_LEAN_STAGE';
/** Allocation space of V8's young generation, in MiB: an agent makes little garbage and should not hold room for much. */
const youngSpaceMiB = 1;

/** `warming`: load everything, then end, so that the cache is written. `running`: go on as usual. */
export type LeanStage = 'warming' | 'running';

/**
 * Starts this process anew in the same place (same process id) with a small heap and a cache of compiled modules: the
 * compiler that strips types takes more memory than the agent's own code. A first process fills the cache and ends.
 * Where the platform or the disk does not allow it, the process simply goes on.
 */
export function becomeLean(): LeanStage {
  const stage = process.env[stageVariable];
  if (stage === 'warming' || stage === 'running') return stage;
  const cache = cacheDirectory();
  if (cache === undefined || process.execve === undefined || process.connected) return 'running';
  const environment = { ...process.env, NODE_COMPILE_CACHE: cache };
  const args = [`--max-semi-space-size=${youngSpaceMiB}`, main, ...process.argv.slice(2)];
  const warmed = spawnSync(process.execPath, args, {
    env: { ...environment, [stageVariable]: 'warming' },
    stdio: 'ignore',
    timeout: 30_000,
  });
  // A fault of the settings shows there too; told here, by the process that has the terminal.
  if (warmed.status !== 0) return 'running';
  process.execve(process.execPath, [process.execPath, ...args], { ...environment, [stageVariable]: 'running' });
  return 'running';
}

/** A folder that only this user writes: what is in the cache is run as code. */
function cacheDirectory(): string | undefined {
  const base = process.env.XDG_CACHE_HOME || path.join(homedir(), '.cache');
  const folder = path.join(base, 'binnacle', 'compiled');
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    accessSync(folder, constants.W_OK);
    return folder;
  } catch {
    return undefined;
  }
}
