/**
 * Yields the results of `work` on the items in their order, while work on the next few goes on. An item is taken only when its
 * work begins. Where one fails or the consumer leaves, the signal stops what has begun, and nothing runs on behind.
 */
export async function* ahead<Item, Result>(
  items: Iterable<Item>,
  work: (item: Item, signal: AbortSignal) => Promise<Result>,
  most: number,
  outer?: AbortSignal,
): AsyncGenerator<Result> {
  const controller = new AbortController();
  const signal = outer === undefined ? controller.signal : AbortSignal.any([outer, controller.signal]);
  const iterator = items[Symbol.iterator]();
  const begun: Promise<Result>[] = [];
  const begin = (): void => {
    while (begun.length < most) {
      const next = iterator.next();
      if (next.done === true) return;
      const result = work(next.value, signal);
      // Handled where it is awaited; until then a failure must not end the process.
      result.catch(() => {});
      begun.push(result);
    }
  };
  try {
    for (begin(); begun.length > 0; ) {
      const result = await (begun.shift() as Promise<Result>);
      // Before the consumer works on this one, so that the next is made meanwhile.
      begin();
      yield result;
    }
  } finally {
    controller.abort();
    await Promise.allSettled(begun);
  }
}
