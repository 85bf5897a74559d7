import type { BinnacleError } from '@binnacle/shared/errors.ts';
import { expect, it } from 'vitest';
import { BodyBudget } from './body-budget.ts';

const code = (work: () => unknown) => {
  try {
    work();
    return 'taken';
  } catch (error) {
    return (error as BinnacleError).code;
  }
};

it('counts bodies before they are read, those of unknown length as the largest, and gives back', () => {
  const budget = new BodyBudget(1000, 400);
  const first = budget.take('300');
  const second = budget.take(undefined);
  expect([first, second, budget.takenBytes]).toEqual([300, 400, 700]);
  expect(code(() => budget.take('301'))).toBe('over_capacity');
  budget.giveBack(second);
  expect(code(() => budget.take('301'))).toBe('taken');
});

it('does not believe a length that is none', () => {
  const budget = new BodyBudget(1000, 400);
  expect(budget.take('-5')).toBe(400);
  expect(budget.take('many')).toBe(400);
});
