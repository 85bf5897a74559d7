import { type Document, isScalar, type Scalar, visit } from 'yaml';

const reference = /\$\$\{|\$\{([A-Z_][A-Z0-9_]*)\}/g;

/** A name that the environment lacks, and the node that asks for it. */
export interface MissingVariable {
  readonly name: string;
  readonly node: Scalar;
}

export interface Expansion {
  readonly missing: readonly MissingVariable[];
  /** Nodes whose text holds what a variable held. */
  readonly expanded: ReadonlySet<unknown>;
}

/**
 * Puts environment variables in the place of `${NAME}` inside text values, so that secrets need not stand in the file;
 * `$${` is a plain `${`. Keys and numbers are left alone, and what a variable holds is never parsed as YAML.
 */
export function expandEnvironment(
  document: Document,
  environment: Readonly<Record<string, string | undefined>>,
): Expansion {
  const missing: MissingVariable[] = [];
  const expanded = new Set<unknown>();
  visit(document, {
    Scalar(position, node) {
      if (position === 'key' || !isScalar(node) || typeof node.value !== 'string') return;
      node.value = node.value.replace(reference, (text, name: string | undefined) => {
        if (name === undefined) return '${';
        const value = environment[name];
        if (value === undefined) missing.push({ name, node });
        else expanded.add(node);
        return value ?? text;
      });
    },
  });
  return { missing, expanded };
}
