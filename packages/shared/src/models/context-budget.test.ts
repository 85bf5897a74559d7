import { expect, it } from 'vitest';
import { contextBudget } from './context-budget.ts';

const tools = [
  { server: 'github', tool: 'create_issue', tokens: 300 },
  { server: 'slack', tool: 'post', tokens: 1500 },
  { server: 'github', tool: 'search', tokens: 200 },
];

it('adds up per server, largest first, against the window', () => {
  expect(contextBudget({ tools, windowTokens: 10_000, reservedTokens: 4000 })).toEqual({
    totalTokens: 2000,
    lowerBound: false,
    windowShare: 0.2,
    freeTokens: 4000,
    servers: [
      { server: 'slack', tools: 1, tokens: 1500, windowShare: 0.15 },
      { server: 'github', tools: 2, tokens: 500, windowShare: 0.05 },
    ],
  });
});

it('an unknown window gives a sum and no share', () => {
  expect(contextBudget({ tools })).toMatchObject({ totalTokens: 2000, windowShare: undefined, freeTokens: undefined });
  expect(contextBudget({ tools, windowTokens: 0 }).windowShare).toBeUndefined();
});

it('says that the sum is a lower bound when a server did not list its tools, and when definitions do not fit', () => {
  expect(contextBudget({ tools, windowTokens: 1500, unlisted: ['jira'] })).toMatchObject({
    lowerBound: true,
    freeTokens: -500,
  });
});
