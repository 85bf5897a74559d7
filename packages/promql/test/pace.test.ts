import { Pace } from '@binnacle/promql/evaluate/evaluation.ts';
import { expect, test } from 'vitest';

test('however many evaluations are long, one of them goes on in each turn of the event loop', async () => {
  let turn = 0;
  let done = false;
  const count = () => {
    turn++;
    if (!done) setImmediate(count);
  };
  setImmediate(count);
  const wentOn = new Map<number, number>();
  const evaluate = async () => {
    const pace = new Pace(new AbortController().signal);
    for (let i = 0; i < 20; i++) {
      await pace.breathe();
      wentOn.set(turn, (wentOn.get(turn) ?? 0) + 1);
    }
    return turn;
  };
  const ends = await Promise.all(Array.from({ length: 8 }, evaluate));
  done = true;
  expect(Math.max(...wentOn.values())).toBe(1);
  // In turns, not one after the other: all end within the last round.
  expect(Math.max(...ends) - Math.min(...ends)).toBeLessThan(10);
});

test('a canceled evaluation ends when it would go on', async () => {
  const abort = new AbortController();
  const breath = new Pace(abort.signal).breathe();
  abort.abort(new Error('enough'));
  await expect(breath).rejects.toThrow('enough');
});
