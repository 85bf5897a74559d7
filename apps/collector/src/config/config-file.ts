import { readFile } from 'node:fs/promises';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import { type Document, isMap, isScalar, LineCounter, parseDocument } from 'yaml';
import type { ReceiverDefinition } from '../receivers/receiver.ts';
import { loadReceiver, receiverNames } from '../receivers/registry.ts';
import { expandEnvironment } from './environment.ts';
import { explainIssues } from './explain.ts';
import { type Config, configSchema, neverAsked } from './schema.ts';

/** The file's content and the receivers that it names, loaded. */
export interface LoadedConfig {
  readonly config: Config;
  readonly definitions: readonly ReceiverDefinition<unknown>[];
}

const maxFileBytes = 4 * 1024 * 1024;

/** Reads and checks a config file. Throws `bad_config` whose message names the file, line, path and what is allowed. */
export async function readConfig(
  file: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<LoadedConfig> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why =
      code === 'ENOENT'
        ? 'there is no such file'
        : code === 'EACCES'
          ? 'it may not be read'
          : code === 'EISDIR'
            ? 'it is a directory'
            : `it cannot be read (${code ?? 'unknown'})`;
    throw new BinnacleError('bad_config', `${file}: ${why}`, { cause: error });
  }
  return parseConfig(text, file, environment);
}

/** Checks the text of a config file; `file` is the name that messages carry. Only receivers that it names are loaded. */
export async function parseConfig(
  text: string,
  file: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<LoadedConfig> {
  if (text.length > maxFileBytes) throw new BinnacleError('bad_config', `${file}: larger than ${maxFileBytes} bytes`);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true, merge: true });
  const fault = document.errors[0];
  if (fault !== undefined) {
    const { line, col } = lines.linePos(fault.pos[0]);
    throw new BinnacleError('bad_config', `${file}:${line}:${col}: not valid YAML: ${fault.message}`);
  }
  const { missing: missingVariables, expanded } = expandEnvironment(document, environment);
  const missing = missingVariables[0];
  if (missing !== undefined) {
    const { line, col } = lines.linePos(missing.node.range?.[0] ?? 0);
    throw new BinnacleError(
      'bad_config',
      `${file}:${line}:${col}: the environment variable ${missing.name} is not set; set it, or write $\${${missing.name}} for the plain text`,
    );
  }
  const named = namedReceivers(document);
  const definitions = await Promise.all(named.map(loadReceiver));
  // Names that the file lacks stay in the schema as bare keys, so that a slip is answered with all that is allowed.
  const schema = configSchema(
    receiverNames.map((name) => definitions.find((loaded) => loaded.name === name) ?? unloaded(name)),
  );
  const content: unknown = document.contents === null ? {} : document.toJS({ maxAliasCount: 100 });
  const result = schema.safeParse(content);
  if (!result.success)
    throw new BinnacleError(
      'bad_config',
      explainIssues(result.error.issues, schema, { file, document, lines, expanded }).join('\n'),
    );
  const receivers = Object.fromEntries(
    Object.entries(result.data.receivers).filter(([, options]) => options !== undefined),
  );
  return { config: { ...result.data, receivers }, definitions };
}

function namedReceivers(document: Document): string[] {
  const receivers = document.get('receivers', true);
  if (!isMap(receivers)) return [];
  // `otlp:` with nothing behind it is what people write for "with its defaults".
  for (const item of receivers.items) {
    if (isScalar(item.value) && item.value.value === null) item.value = document.createNode({});
  }
  const keys = receivers.items.flatMap((item) => (isScalar(item.key) ? [String(item.key.value)] : []));
  return receiverNames.filter((name) => keys.includes(name));
}

function unloaded(name: string): ReceiverDefinition<unknown> {
  return {
    name,
    summary: '',
    config: neverAsked,
    emits: [],
    create: () => {
      throw new Error(`the receiver ${name} was not loaded`);
    },
  };
}
