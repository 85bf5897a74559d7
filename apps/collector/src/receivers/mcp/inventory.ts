import type { McpTool } from '@binnacle/shared/api/domain.ts';
import { changedFields, type Definition, type DefinitionField, digestOf } from './definition.ts';

/** Kinds of change that are counted. */
export const changeKinds = ['added', 'removed', 'description', 'schema', 'annotations'] as const;
export type ChangeKind = (typeof changeKinds)[number];

const kindOf: Readonly<Record<DefinitionField, ChangeKind>> = {
  name: 'description',
  title: 'description',
  description: 'description',
  inputSchema: 'schema',
  outputSchema: 'schema',
  annotations: 'annotations',
};

export interface KnownTool {
  /** As it goes into the record. */
  body: McpTool;
  /** Digest that counts as unchanged: approved by configuration, or the first one seen. */
  readonly pinnedDigest: string;
  readonly changes: Record<ChangeKind, number>;
}

/** Removed tools are remembered, since they may come back changed; the oldest of too many is forgotten. */
const maxKnownTools = 10_000;

/**
 * The tools of one server over time: what they were when first seen, what changed since, and what is gone. The first
 * list is the baseline; nothing in it counts as added.
 */
export class Inventory {
  readonly #server: string;
  readonly #pins: Readonly<Record<string, string>>;
  readonly #tools = new Map<string, KnownTool>();
  #listed = false;

  constructor(server: string, pins: Readonly<Record<string, string>>) {
    this.#server = server;
    this.#pins = pins;
  }

  get tools(): Iterable<KnownTool> {
    return this.#tools.values();
  }

  /** Takes a complete list. `countTokens` is asked for new and changed definitions only. */
  update(definitions: readonly Definition[], nowMs: number, countTokens: (definition: Definition) => number): void {
    const present = new Set<string>();
    for (const definition of definitions) {
      present.add(definition.name);
      const known = this.#tools.get(definition.name);
      if (known === undefined) this.#add(definition, nowMs, countTokens);
      else this.#compare(known, definition, nowMs, countTokens);
    }
    for (const [name, known] of this.#tools) {
      if (present.has(name) || known.body.removed) continue;
      known.changes.removed++;
      known.body = { ...known.body, removed: true, changedAt: nowMs };
      // To the end of the order: the tools that have been gone for longest are forgotten first.
      this.#tools.delete(name);
      this.#tools.set(name, known);
    }
    for (const [name, known] of this.#tools) {
      if (this.#tools.size <= maxKnownTools) break;
      if (known.body.removed) this.#tools.delete(name);
    }
    this.#listed = true;
  }

  #add(definition: Definition, nowMs: number, countTokens: (definition: Definition) => number): void {
    const digest = digestOf(definition);
    const changes = { added: this.#listed ? 1 : 0, removed: 0, description: 0, schema: 0, annotations: 0 };
    const body: McpTool = {
      server: this.#server,
      tool: definition.name,
      tokens: countTokens(definition),
      digest,
      definition,
      firstSeenAt: nowMs,
      changedAt: null,
      changedFields: [],
      previous: null,
      removed: false,
    };
    const pin = Object.hasOwn(this.#pins, definition.name) ? this.#pins[definition.name] : undefined;
    this.#tools.set(definition.name, { body, pinnedDigest: pin ?? digest, changes });
  }

  #compare(
    known: KnownTool,
    definition: Definition,
    nowMs: number,
    countTokens: (definition: Definition) => number,
  ): void {
    const returned = known.body.removed;
    if (returned) {
      known.changes.added++;
      known.body = { ...known.body, removed: false, changedAt: nowMs };
    }
    const digest = digestOf(definition);
    if (digest === known.body.digest) return;
    const fields = changedFields(known.body.definition, definition);
    for (const kind of new Set(fields.map((field) => kindOf[field]))) known.changes[kind]++;
    known.body = {
      ...known.body,
      tokens: countTokens(definition),
      digest,
      definition,
      changedAt: nowMs,
      changedFields: fields,
      previous: known.body.definition,
    };
  }
}
