import { expect, it } from 'vitest';
import { toolTokens } from './tool-tokens.ts';

it('counts the compact JSON of name, description and input schema, and nothing else', () => {
  const definition = {
    name: 'add',
    description: 'Adds two numbers.',
    inputSchema: { type: 'object', properties: { a: { type: 'number' } } },
  };
  const tokens = toolTokens(definition);
  expect(tokens).toBe(27);
  expect(toolTokens({ ...definition, annotations: { readOnlyHint: true } } as typeof definition)).toBe(tokens);
  expect(toolTokens({ ...definition, description: `${definition.description} Adds two numbers.` })).toBeGreaterThan(
    tokens,
  );
});

it('a control token in a description is text', () => {
  expect(toolTokens({ name: 'x', description: 'before <|endoftext|> after' })).toBeGreaterThan(
    toolTokens({ name: 'x', description: 'before after' }),
  );
});
