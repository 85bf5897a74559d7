import { z } from 'zod';

/**
 * A strict object that answers keys which Prometheus has and Binnacle has not with a reason, instead of as unknown ones.
 */
export function strictWith<Shape extends z.ZodRawShape>(shape: Shape, unsupported: Readonly<Record<string, string>>) {
  return z.strictObject(shape, {
    error: (issue) => {
      if (issue.code !== 'unrecognized_keys') return undefined;
      const known = issue.keys.filter((key) => Object.hasOwn(unsupported, key));
      if (known.length === 0) return undefined;
      const others = issue.keys.filter((key) => !known.includes(key));
      const sentences = known.map((key) => `${key} is not supported: ${unsupported[key]}`);
      if (others.length > 0) sentences.push(`unknown: ${others.join(', ')}`);
      return sentences.join('; ');
    },
  });
}
