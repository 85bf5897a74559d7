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

/** Body of a record with all that the next start needs. */
export type RememberedTool = McpTool & Required<Pick<McpTool, 'firstDigest' | 'changes'>>;

export interface KnownTool {
  /** As it goes into the record. */
  body: RememberedTool;
  /** Digest that counts as unchanged: approved by configuration, or the first one seen. */
  readonly pinnedDigest: string;
}

/** Removed tools are remembered, since they may come back changed; the oldest of too many is forgotten. */
const maxKnownTools = 10_000;

/**
 * The tools of one server over time: what they were when first seen, what changed since, and what is gone. The baseline
 * is what is remembered from before, or else the first list; nothing in that counts as added.
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

  /** Takes what earlier processes knew, those gone for longest first. Call before the first list. */
  remember(bodies: readonly RememberedTool[]): void {
    for (const body of bodies.slice(-maxKnownTools)) this.#set(body);
    this.#listed = this.#tools.size > 0;
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
      known.body = { ...known.body, removed: true, changedAt: nowMs, changes: counted(known.body, ['removed']) };
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
    this.#set({
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
      firstDigest: digest,
      changes: this.#listed ? { added: 1 } : {},
    });
  }

  #set(body: RememberedTool): void {
    this.#tools.set(body.tool, { body, pinnedDigest: this.pinOf(body.tool) ?? body.firstDigest });
  }

  /** Digest that the configuration approves for a tool. */
  pinOf(tool: string): string | undefined {
    return Object.hasOwn(this.#pins, tool) ? this.#pins[tool] : undefined;
  }

  #compare(
    known: KnownTool,
    definition: Definition,
    nowMs: number,
    countTokens: (definition: Definition) => number,
  ): void {
    if (known.body.removed)
      known.body = { ...known.body, removed: false, changedAt: nowMs, changes: counted(known.body, ['added']) };
    const digest = digestOf(definition);
    if (digest === known.body.digest) return;
    const fields = changedFields(known.body.definition, definition);
    known.body = {
      ...known.body,
      tokens: countTokens(definition),
      digest,
      definition,
      changedAt: nowMs,
      changedFields: fields,
      previous: known.body.definition,
      changes: counted(known.body, new Set(fields.map((field) => kindOf[field]))),
    };
  }
}

function counted({ changes }: RememberedTool, kinds: Iterable<ChangeKind>): RememberedTool['changes'] {
  const more = { ...changes };
  for (const kind of kinds) more[kind] = (more[kind] ?? 0) + 1;
  return more;
}
