/** A tool as `tools/list` answers it. */
export interface DemoTool {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly inputSchema: {
    readonly type: 'object';
    readonly properties: Record<string, object>;
    readonly required?: string[];
    readonly additionalProperties?: boolean;
  };
  readonly annotations: {
    readonly readOnlyHint: boolean;
    readonly destructiveHint?: boolean;
    readonly idempotentHint?: boolean;
    readonly openWorldHint: boolean;
  };
}

export const string = (description: string, more: object = {}): object => ({ type: 'string', description, ...more });
export const integer = (description: string, more: object = {}): object => ({ type: 'integer', description, ...more });
export const boolean = (description: string, fallback: boolean): object => ({
  type: 'boolean',
  description,
  default: fallback,
});
export const oneOf = (values: readonly string[], description: string, more: object = {}): object => ({
  type: 'string',
  enum: values,
  description,
  ...more,
});
export const listOf = (items: object, description: string): object => ({ type: 'array', items, description });
export const page = {
  page: integer('Page of the results, from 1.', { minimum: 1, default: 1 }),
  per_page: integer('Results on a page.', { minimum: 1, maximum: 100, default: 30 }),
};

const titleOf = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1).replaceAll('_', ' ');

function tool(
  name: string,
  description: string,
  properties: Record<string, object>,
  required: string[],
  annotations: DemoTool['annotations'],
): DemoTool {
  return {
    name,
    title: titleOf(name),
    description,
    inputSchema: { type: 'object', properties, required, additionalProperties: false },
    annotations,
  };
}

export const reading = (
  name: string,
  description: string,
  properties: Record<string, object>,
  required: string[] = [],
): DemoTool => tool(name, description, properties, required, { readOnlyHint: true, openWorldHint: true });

export const writing = (
  name: string,
  description: string,
  properties: Record<string, object>,
  required: string[],
  destructive = false,
): DemoTool =>
  tool(name, description, properties, required, {
    readOnlyHint: false,
    destructiveHint: destructive,
    openWorldHint: true,
  });
