import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parse, stringify } from 'yaml';
import { parseConfig, readConfig } from '../config/config-file.ts';

type Tree = Readonly<Record<string, unknown>>;

/**
 * Writes the config that the gateway of `binnacle start` reads: the user's file, and the receivers of the demo and of
 * what was found. The user's file is checked first, so that a fault is named where it stands. `${NAME}` stays as it is:
 * what the environment holds is not written down.
 */
export async function writeGeneratedConfig(
  dataDir: string,
  userFile: string | undefined,
  receivers: readonly Tree[],
): Promise<string> {
  let user: Tree = {};
  if (userFile !== undefined) {
    await readConfig(userFile);
    user = (parse(await readFile(userFile, 'utf8'), { merge: true }) as Tree | null) ?? {};
  }
  const merged = receivers.reduce<Tree>((config, more) => mergeTrees(config, { receivers: more }), user);
  const file = path.join(dataDir, 'generated.yaml');
  const text = `# Made by binnacle start from your config, the demo and what was found on this machine; written anew at every start.\n${stringify(merged)}`;
  await parseConfig(text, file);
  await writeFile(file, text, { mode: 0o600 });
  return file;
}

/** Maps are merged, lists joined; elsewhere the first one stays. */
export function mergeTrees(first: Tree, second: Tree): Tree {
  const merged: Record<string, unknown> = { ...first };
  for (const [key, value] of Object.entries(second)) {
    const known = merged[key];
    if (known === undefined || known === null) merged[key] = value;
    else if (Array.isArray(known) && Array.isArray(value)) merged[key] = [...known, ...value];
    else if (isTree(known) && isTree(value)) merged[key] = mergeTrees(known, value);
  }
  return merged;
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
