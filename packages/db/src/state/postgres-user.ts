import { execFile, type SpawnOptions } from 'node:child_process';
import { chmod, chown, lstat, readdir, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { BinnacleError } from '@binnacle/shared/errors.ts';

const run = promisify(execFile);

/** Who runs Postgres: it refuses to run as root, so root hands it to an account without rights. */
export interface PostgresUser {
  /** Makes a folder and all in it the account's own; nothing to do for an ordinary user. */
  own(folder: string): Promise<void>;
  /** Command, arguments and options that start `command` as the account. */
  spawnAs(command: string, args: readonly string[]): { command: string; args: string[]; options: SpawnOptions };
}

/**
 * The account for Postgres. For root: the account `postgres`, which is created where it lacks. `paths` are what it must
 * reach; where a folder above them is closed to it (a checkout in /root), it keeps one capability, to pass them.
 */
export async function postgresUser(paths: readonly string[]): Promise<PostgresUser> {
  if (process.getuid?.() !== 0) {
    return { own: async () => undefined, spawnAs: (command, args) => ({ command, args: [...args], options: {} }) };
  }
  const { uid, gid } = (await findAccount()) ?? (await createAccount());
  const reachable = await Promise.all(paths.map((place) => canReach(place, uid, gid)));
  const own = (folder: string) => chownAll(folder, uid, gid);
  if (reachable.every(Boolean)) {
    return { own, spawnAs: (command, args) => ({ command, args: [...args], options: { uid, gid } }) };
  }
  const setpriv = ['--reuid', `${uid}`, '--regid', `${gid}`, '--clear-groups'];
  const keep = ['--inh-caps=+dac_override', '--ambient-caps=+dac_override', '--'];
  try {
    await run('setpriv', [...setpriv, ...keep, 'true']);
  } catch (error) {
    throw new BinnacleError(
      'bad_config',
      `Postgres cannot run as root, and the account "postgres" cannot enter ${paths.find((_, i) => !reachable[i])}: start Binnacle as an ordinary user, move it to a folder that others may enter, or set DATABASE_URL.`,
      { cause: error },
    );
  }
  return {
    own,
    spawnAs: (command, args) => ({ command: 'setpriv', args: [...setpriv, ...keep, command, ...args], options: {} }),
  };
}

async function findAccount(): Promise<{ uid: number; gid: number } | null> {
  for (const name of ['postgres', '_postgres']) {
    try {
      const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])]);
      return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
    } catch {
      // no such account
    }
  }
  return null;
}

async function createAccount(): Promise<{ uid: number; gid: number }> {
  try {
    await run('useradd', ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', 'postgres']);
  } catch {
    // told below
  }
  const account = await findAccount();
  if (account !== null) return account;
  throw new BinnacleError(
    'bad_config',
    'Postgres cannot run as root and no account "postgres" could be created: start Binnacle as an ordinary user, or set DATABASE_URL.',
  );
}

async function canReach(place: string, uid: number, gid: number): Promise<boolean> {
  for (let folder = path.dirname(await realpath(place)); ; folder = path.dirname(folder)) {
    const { mode, uid: owner, gid: group } = await stat(folder);
    const bit = owner === uid ? 0o100 : group === gid ? 0o010 : 0o001;
    if ((mode & bit) === 0) return false;
    if (folder === path.dirname(folder)) return true;
  }
}

async function chownAll(place: string, uid: number, gid: number): Promise<void> {
  const { isFolder, mine } = await lstat(place).then((found) => ({
    isFolder: found.isDirectory(),
    mine: found.uid === uid && found.gid === gid,
  }));
  // Postgres makes its own files: when the folder is right, so is what is in it
  if (mine) return;
  if (isFolder) {
    for (const name of await readdir(place)) await chownAll(path.join(place, name), uid, gid);
    await chmod(place, 0o700);
  }
  await chown(place, uid, gid);
}
