import { BinnacleError } from '@binnacle/shared/errors.ts';

const maxDepth = 200;

/**
 * Canonical JSON after RFC 8785: keys in the order of their UTF-16 code units, no blanks, numbers as JavaScript prints
 * them. Takes what JSON.parse gives; members that are undefined are left out. Throws for what is nested too deeply.
 */
export function canonicalJson(value: unknown, depth = 0): string {
  if (depth > maxDepth)
    throw new BinnacleError('upstream_failed', `A tool definition is nested more than ${maxDepth} levels deep.`);
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item, depth + 1)).join(',')}]`;
  const members: string[] = [];
  // The default order of sort() is that of UTF-16 code units.
  for (const key of Object.keys(value).sort()) {
    const member = (value as Record<string, unknown>)[key];
    if (member !== undefined) members.push(`${JSON.stringify(key)}:${canonicalJson(member, depth + 1)}`);
  }
  return `{${members.join(',')}}`;
}
