import { stringify } from 'yaml';

/** Options whose text names things and is never a secret. All other text may hold one: a URL, a header, an argument. */
const plainOptions: ReadonlySet<string> = new Set([
  'cluster',
  'externalUrl',
  'host',
  'job',
  'kind',
  'level',
  'mode',
  'model',
  'name',
  'namespace',
  'preset',
  'promqlFeatures',
]);

const hidden = '<hidden>';

/**
 * The config as YAML for everyone who may read: numbers, switches and names as they are, any other text as `<hidden>`.
 * What is shown is chosen rather than what is hidden, so that a new option is hidden until somebody says otherwise.
 */
export function shownConfig(config: unknown): string {
  return stringify(shown(config, false), { lineWidth: 0 });
}

function shown(value: unknown, plain: boolean): unknown {
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return value;
  if (typeof value === 'string') return plain ? value : hidden;
  if (Array.isArray(value)) return value.map((item) => shown(item, plain));
  if (typeof value !== 'object') return undefined;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== undefined)
      .map(([name, inner]) => [name, shown(inner, plainOptions.has(name))]),
  );
}
