import { expect, test } from 'vitest';
import { ahead } from './ahead.ts';

test('work on the next items goes on while the consumer is at one; never more than asked', async () => {
  const running = new Set<number>();
  const seen: number[][] = [];
  const work = async (item: number) => {
    running.add(item);
    await null;
    return item;
  };
  for await (const item of ahead([1, 2, 3, 4], work, 2)) {
    running.delete(item);
    seen.push([item, ...running]);
  }
  expect(seen).toEqual([[1, 2, 3], [2, 3, 4], [3, 4], [4]]);
});

test('a consumer that leaves stops what has begun, and waits for its end', async () => {
  let ended = 0;
  const work = (item: number, signal: AbortSignal) =>
    new Promise<number>((resolve) => {
      if (item === 1) resolve(item);
      else
        signal.addEventListener('abort', () => {
          ended++;
          resolve(item);
        });
    });
  for await (const item of ahead([1, 2, 3, 4], work, 2)) {
    expect(item).toBe(1);
    break;
  }
  expect(ended).toBe(2);
});

test('a failure reaches the consumer, in its turn', async () => {
  const got: number[] = [];
  const work = async (item: number) => {
    if (item === 2) throw new Error('two');
    return item;
  };
  const consume = async () => {
    for await (const item of ahead([1, 2, 3], work, 3)) got.push(item);
  };
  await expect(consume()).rejects.toThrow('two');
  expect(got).toEqual([1]);
});
