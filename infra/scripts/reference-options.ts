import { z } from 'zod';

/** The parts of JSON Schema that zod writes for the schemas of the config file. */
interface Node {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly required?: readonly string[];
  readonly items?: Node;
  readonly additionalProperties?: Node | boolean;
  readonly anyOf?: readonly Node[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
}

/** One line of an option table. */
export interface OptionRow {
  /** Where it stands below the receiver's or section's key: `jobs[].targets[].address`. */
  readonly path: string;
  readonly type: string;
  /** As it is written in YAML, `required`, or nothing. */
  readonly standard: string;
  readonly description: string;
}

/** Every option of a schema as a person writes it, parents before children. */
export function optionsOf(schema: z.ZodType): OptionRow[] {
  return rowsOf(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Node, '');
}

function rowsOf(node: Node, prefix: string): OptionRow[] {
  return Object.entries(node.properties ?? {}).flatMap(([name, option]) => {
    const path = prefix === '' ? name : `${prefix}.${name}`;
    const required = node.required?.includes(name) === true && option.default === undefined;
    const row: OptionRow = {
      path,
      type: typeOf(option),
      standard: required ? 'required' : option.default === undefined ? '' : JSON.stringify(option.default),
      description: option.description ?? '',
    };
    return [row, ...below(option, path)];
  });
}

/** Options inside an option: of an object, of the items of a list, of the objects among several forms. */
function below(node: Node, path: string): OptionRow[] {
  if (node.properties !== undefined) return rowsOf(node, path);
  if (node.items !== undefined) return below(node.items, `${path}[]`);
  return (node.anyOf ?? []).flatMap((form) => below(form, path));
}

function typeOf(node: Node): string {
  if (node.anyOf !== undefined) return node.anyOf.map(typeOf).join(' or ');
  if (node.enum !== undefined) return node.enum.map((value) => `\`${String(value)}\``).join(', ');
  if (node.type === 'array') return `list of ${node.items === undefined ? 'anything' : typeOf(node.items)}`;
  if (node.type === 'object') {
    const { additionalProperties: value } = node;
    return node.properties === undefined && typeof value === 'object' ? `map of name to ${typeOf(value)}` : 'map';
  }
  if (node.type === 'string') return 'text';
  if (node.type === 'boolean') return 'true or false';
  if (node.type === 'integer' || node.type === 'number') {
    const kind = node.type === 'integer' ? 'whole number' : 'number';
    const least = bound(node.minimum);
    const most = bound(node.maximum);
    if (least !== undefined && most !== undefined) return `${kind}, ${least} to ${most}`;
    const above = node.exclusiveMinimum === undefined ? kind : `${kind} above ${node.exclusiveMinimum}`;
    if (most !== undefined) return `${above}, at most ${most}`;
    return least === undefined ? above : `${kind}, ${least} or more`;
  }
  return 'anything';
}

/** The bounds that zod sets for every whole number say nothing. */
function bound(value: number | undefined): number | undefined {
  return value === undefined || Math.abs(value) === Number.MAX_SAFE_INTEGER ? undefined : value;
}
