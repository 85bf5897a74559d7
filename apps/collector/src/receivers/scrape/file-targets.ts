import { type FSWatcher, watch } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import type { Logger } from 'pino';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';

const groups = z.array(
  z.strictObject({
    targets: z.array(z.string().min(1)).max(100_000),
    labels: z
      .record(z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/, 'a label name has letters, digits and _'), z.coerce.string())
      .default({}),
  }),
);

/** One target of a file, before its address is read. */
export interface FileTarget {
  readonly address: string;
  readonly labels: Readonly<Record<string, string>>;
  /** From the labels `__scheme__` and `__metrics_path__`. */
  readonly scheme: string | undefined;
  readonly path: string | undefined;
}

export interface FileState {
  readonly path: string;
  /** The last good list; null while there was none. */
  readonly targets: readonly FileTarget[] | null;
  /** Why the file could not be read last time. */
  readonly error: string | null;
}

const maxFileBytes = 16 * 1024 * 1024;
const settleMs = 50;

/**
 * Lists of targets in files, in the format of Prometheus' file_sd. Files are watched, and read again at an interval for
 * file systems that tell nothing. A broken file keeps its last good list; a file that is gone has no targets.
 */
export class FileTargets {
  readonly #patterns: readonly string[];
  readonly #refreshMs: number;
  readonly #changed: () => void;
  readonly #log: Logger;
  readonly #watchers: FSWatcher[] = [];
  #states = new Map<string, FileState>();
  #timer: NodeJS.Timeout | undefined;
  #settling: NodeJS.Timeout | undefined;
  #reading: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(options: { patterns: readonly string[]; refreshSeconds: number; changed: () => void; log: Logger }) {
    this.#patterns = options.patterns;
    this.#refreshMs = options.refreshSeconds * 1000;
    this.#changed = options.changed;
    this.#log = options.log;
  }

  get states(): FileState[] {
    return [...this.#states.values()];
  }

  start(): void {
    for (const directory of new Set(this.#patterns.map(dirname))) {
      try {
        const watcher = watch(directory, () => this.#soon());
        watcher.on('error', (error) =>
          this.#log.warn({ directory, err: error }, 'a folder of target files is not watched any more'),
        );
        this.#watchers.push(watcher);
      } catch (error) {
        this.#log.warn(
          { directory, err: error },
          'a folder of target files cannot be watched; it is read at the interval',
        );
      }
    }
    this.#read();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#settling);
    for (const watcher of this.#watchers) watcher.close();
    await this.#reading;
  }

  /** Editors and config maps change a file in several steps. */
  #soon(): void {
    if (this.#stopped) return;
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => this.#read(), settleMs);
  }

  #read(): void {
    clearTimeout(this.#timer);
    this.#reading = this.#reading
      .then(() => this.#readAll())
      .finally(() => {
        if (!this.#stopped) this.#timer = setTimeout(() => this.#read(), this.#refreshMs);
      });
  }

  async #readAll(): Promise<void> {
    const next = new Map<string, FileState>();
    for (const pattern of this.#patterns) {
      for (const path of await matching(pattern)) next.set(path, await this.#readOne(path));
    }
    if (this.#stopped) return;
    this.#states = next;
    this.#changed();
  }

  async #readOne(path: string): Promise<FileState> {
    try {
      return { path, targets: await readTargets(path), error: null };
    } catch (error) {
      const message = error instanceof BinnacleError ? error.message : `${path} cannot be read`;
      const before = this.#states.get(path);
      const gone =
        (error as Error).cause !== undefined && ((error as Error).cause as NodeJS.ErrnoException).code === 'ENOENT';
      if (before?.error !== message)
        this.#log.warn({ path, reason: message }, 'a file of targets is not used; the last good list stays');
      return { path, targets: gone ? null : (before?.targets ?? null), error: message };
    }
  }
}

async function readTargets(path: string): Promise<FileTarget[]> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      throw new BinnacleError('bad_config', `${path} is not there`, { cause: error });
    throw new BinnacleError('bad_config', `${path} cannot be read`, { cause: error });
  }
  if (text.length > maxFileBytes) throw new BinnacleError('bad_config', `${path} is longer than ${maxFileBytes} bytes`);
  let content: unknown;
  try {
    content = path.endsWith('.json') ? JSON.parse(text) : parseYaml(text);
  } catch (error) {
    throw new BinnacleError(
      'bad_config',
      `${path} is not valid ${path.endsWith('.json') ? 'JSON' : 'YAML'}: ${firstLine(error)}`,
      { cause: error },
    );
  }
  const result = groups.safeParse(content ?? []);
  if (!result.success) {
    const issue = result.error.issues[0];
    throw new BinnacleError(
      'bad_config',
      `${path}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not a list of targets'}`,
    );
  }
  return result.data.flatMap(({ targets, labels }) => {
    const own = Object.fromEntries(Object.entries(labels).filter(([name]) => !name.startsWith('__')));
    return targets.map((address) => ({
      address,
      labels: own,
      scheme: labels.__scheme__,
      path: labels.__metrics_path__,
    }));
  });
}

/** Files that a pattern names; a name without `*` is named also when it is not there. */
async function matching(pattern: string): Promise<string[]> {
  const name = basename(pattern);
  if (!name.includes('*')) return [pattern];
  const directory = dirname(pattern);
  const expression = new RegExp(
    `^${name
      .split('*')
      .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*')}$`,
  );
  const names = await readdir(directory).catch(() => []);
  return names
    .filter((one) => expression.test(one))
    .sort()
    .map((one) => join(directory, one));
}

function firstLine(error: unknown): string {
  return (
    String((error as Error).message)
      .split('\n', 1)[0]
      ?.slice(0, 200) ?? ''
  );
}
