import { type FSWatcher, watch } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import type { Logger } from 'pino';
import { parse as parseYaml } from 'yaml';
import { addToCounter } from '../../../telemetry/instruments.ts';
import type { ProviderState, TargetGroup, TargetProvider } from './provider.ts';
import { countTargets, readTargetList } from './target-list.ts';

export interface FileTargetsOptions {
  /** Paths; `*` in the file name. */
  readonly patterns: readonly string[];
  readonly refreshSeconds: number;
  /** For targets that lack them. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly changed: () => void;
  readonly log: Logger;
}

interface FileState {
  readonly path: string;
  /** The last good list; null while there was none. */
  readonly groups: readonly TargetGroup[] | null;
  /** The text that it was made of. */
  readonly text: string;
  /** Why the file could not be read last time. */
  readonly error: string | null;
}

const maxFileBytes = 16 * 1024 * 1024;
const settleMs = 50;

/**
 * Lists of targets in files, in the format of Prometheus' file_sd. Files are watched, and read again at an interval for
 * file systems that tell nothing. A broken file keeps its last good list; a file that is gone has no targets.
 */
export class FileTargets implements TargetProvider {
  readonly #patterns: readonly string[];
  readonly #labels: Readonly<Record<string, string>>;
  readonly #refreshMs: number;
  readonly #changed: () => void;
  readonly #log: Logger;
  readonly #watchers: FSWatcher[] = [];
  #states = new Map<string, FileState>();
  #timer: NodeJS.Timeout | undefined;
  #settling: NodeJS.Timeout | undefined;
  #reading: Promise<void> = Promise.resolve();
  #stopped = false;
  #told = false;

  constructor(options: FileTargetsOptions) {
    this.#patterns = options.patterns;
    this.#labels = options.labels ?? {};
    this.#refreshMs = options.refreshSeconds * 1000;
    this.#changed = options.changed;
    this.#log = options.log;
  }

  groups(): readonly TargetGroup[] {
    return [...this.#states.values()].flatMap(({ groups }) => groups ?? []);
  }

  states(): readonly ProviderState[] {
    return [...this.#states.values()].map(({ path, groups, error }) => ({
      place: path,
      targets: groups === null ? null : countTargets(groups),
      error,
    }));
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
    const same =
      next.size === this.#states.size && [...next].every(([path, state]) => this.#states.get(path) === state);
    this.#states = next;
    if (!same || !this.#told) this.#changed();
    this.#told = true;
  }

  async #readOne(path: string): Promise<FileState> {
    const before = this.#states.get(path);
    try {
      const text = await readText(path);
      if (before?.error === null && before.text === text) return before;
      return { path, text, groups: parseTargets(path, text, this.#labels), error: null };
    } catch (error) {
      const message = error instanceof BinnacleError ? error.message : `${path} cannot be read`;
      const gone =
        (error as Error).cause !== undefined && ((error as Error).cause as NodeJS.ErrnoException).code === 'ENOENT';
      addToCounter('binnacle_scrape_discovery_failures_total', 1, { mechanism: 'file' });
      if (before?.error !== message)
        this.#log.warn({ path, reason: message }, 'a file of targets is not used; the last good list stays');
      return { path, text: '', groups: gone ? null : (before?.groups ?? null), error: message };
    }
  }
}

async function readText(path: string): Promise<string> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      throw new BinnacleError('bad_config', `${path} is not there`, { cause: error });
    throw new BinnacleError('bad_config', `${path} cannot be read`, { cause: error });
  }
  if (text.length > maxFileBytes) throw new BinnacleError('bad_config', `${path} is longer than ${maxFileBytes} bytes`);
  return text;
}

function parseTargets(path: string, text: string, defaults: Readonly<Record<string, string>>): TargetGroup[] {
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
  try {
    return readTargetList(content, { __meta_filepath: path }).map(({ labels, targets }) => ({
      labels: { ...defaults, ...labels },
      targets,
    }));
  } catch (error) {
    throw new BinnacleError('bad_config', `${path}: ${(error as Error).message}`, { cause: error });
  }
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
