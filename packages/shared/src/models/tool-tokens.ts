import { encode } from 'gpt-tokenizer/encoding/o200k_base';

/**
 * Tokens of one tool definition: o200k_base over the compact JSON of name, description and inputSchema, in that order.
 * A file of its own because the tokenizer's tables weigh megabytes, and whoever only adds tokens up should not load them.
 */
export function toolTokens(definition: {
  readonly name: string;
  readonly description?: string | undefined;
  readonly inputSchema?: unknown;
}): number {
  const { name, description, inputSchema } = definition;
  // A description may spell a control token such as <|endoftext|>: it is text here, not a reason to throw.
  return encode(JSON.stringify({ name, description, inputSchema }), { disallowedSpecial: new Set() }).length;
}
