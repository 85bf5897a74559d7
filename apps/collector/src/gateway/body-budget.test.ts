import type { BinnacleError } from '@binnacle/shared/errors.ts';
import { expect, it } from 'vitest';
import { BodyBudget } from './body-budget.ts';

const kibibyte = 1024;
const never = () => expect.unreachable('nobody is too slow here');

const code = (work: () => unknown) => {
  try {
    work();
    return 'taken';
  } catch (error) {
    return (error as BinnacleError).code;
  }
};

it('takes room as bytes arrive, whatever was announced, and gives it back once', () => {
  const budget = new BodyBudget(100 * kibibyte, 50 * kibibyte);
  const large = budget.begin(50 * kibibyte, never);
  const small = budget.begin(300, never);
  const unknown = budget.begin(undefined, never);
  expect(budget.takenBytes).toBe(64 * kibibyte + 300);
  large.arrived(40 * kibibyte);
  expect(budget.takenBytes).toBe(82 * kibibyte + 300);
  expect(code(() => unknown.arrived(60 * kibibyte))).toBe('over_capacity');
  // What found no room holds none any more.
  expect(budget.takenBytes).toBe(50 * kibibyte + 300);
  large.complete();
  for (const body of [large, small, unknown, large]) body.close();
  expect(budget.takenBytes).toBe(0);
});

it('counts what comes beyond the announced length, and does not believe a length that is none', () => {
  const budget = new BodyBudget(100 * kibibyte, 100 * kibibyte);
  const body = budget.begin(10, never);
  body.arrived(1000);
  expect(budget.takenBytes).toBe(1000);
  budget.begin(-5, never);
  budget.begin(Number.NaN, never);
  expect(budget.takenBytes).toBe(1000 + 64 * kibibyte);
});

it('cuts off the slow ones when there is no room, and only then', () => {
  let nowMs = 0;
  const budget = new BodyBudget(96 * kibibyte, 0, { bytesPerSecond: 1000, graceMs: 5000 }, () => nowMs);
  const cut: string[] = [];
  const open = (name: string) => budget.begin(undefined, () => cut.push(name));
  const [slow, steady, whole] = [open('slow'), open('steady'), open('whole')];
  whole.complete();
  for (nowMs = 0; nowMs <= 20_000; nowMs += 1000) {
    slow.arrived(nowMs === 0 ? 20_000 : 1);
    steady.arrived(1100);
  }
  nowMs = 20_000;
  expect([cut, slow.slow, steady.slow]).toEqual([[], true, false]);
  expect(code(() => open('new'))).toBe('taken');
  expect(cut).toEqual(['slow']);
  // Within its grace nobody is too slow.
  expect(code(() => open('newer'))).toBe('over_capacity');
  expect(cut).toEqual(['slow']);
  slow.arrived(100_000);
  expect(budget.takenBytes).toBe(96 * kibibyte);
});
