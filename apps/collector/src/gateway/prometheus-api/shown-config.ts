import { stringify } from 'yaml';

/**
 * Where text stands that names something and is never a secret: an item's own name in the lists of a receiver, and a few
 * settings. All other text may hold one: a URL, a header, an argument, a variable.
 */
const plainPlaces =
  /^(?:(?:gateway|agent)\.host|log\.level|gateway\.promqlFeatures\.\[\]|receivers\.[\w-]+\.\w+\.\[\]\.(?:cluster|job|name|preset))$/;

const hidden = '<hidden>';

/**
 * The config as YAML for everyone who may read: numbers, switches and names as they are, any other text as `<hidden>`.
 * What is shown is chosen rather than what is hidden, so that a new option is hidden until somebody says otherwise.
 */
export function shownConfig(config: unknown): string {
  return stringify(shown(config, []), { lineWidth: 0 });
}

function shown(value: unknown, place: readonly string[]): unknown {
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return value;
  if (typeof value === 'string') return plainPlaces.test(place.join('.')) ? value : hidden;
  if (Array.isArray(value)) return value.map((item) => shown(item, [...place, '[]']));
  if (typeof value !== 'object') return undefined;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== undefined)
      .map(([name, inner]) => [name, shown(inner, [...place, name])]),
  );
}
