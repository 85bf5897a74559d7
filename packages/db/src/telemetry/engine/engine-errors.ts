import { BinnacleError } from '@binnacle/shared/errors.ts';
import type { QueryLimits } from './engine.ts';

/** ClickHouse's numbers for what a query may run into; see `ErrorCodes.cpp` of ClickHouse. */
const byNumber: Record<
  number,
  (limits: QueryLimits) => [code: 'query_timeout' | 'query_limit' | 'query_canceled', message: string]
> = {
  158: () => ['query_limit', 'The query would read more rows than allowed; narrow the time range or the selector.'],
  159: ({ maxExecutionSeconds }) => [
    'query_timeout',
    `The query took longer than ${maxExecutionSeconds} s in ClickHouse; narrow the time range or the selector.`,
  ],
  241: ({ maxMemoryBytes }) => [
    'query_limit',
    `The query needs more than ${maxMemoryBytes} bytes of ClickHouse's memory; narrow the time range or the selector.`,
  ],
  394: () => ['query_canceled', 'The query was canceled.'],
  396: () => ['query_limit', 'The query returns more rows than allowed; narrow the time range or the selector.'],
};

/** The number of a ClickHouse error, from the client's error or from the text of an exception. */
export function clickhouseErrorNumber(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const { code, message, cause } = error as { code?: unknown; message?: unknown; cause?: unknown };
  if (typeof code === 'string' && /^\d+$/.test(code)) return Number(code);
  const inText = typeof message === 'string' ? /\bCode: (\d+)\./.exec(message) : null;
  if (inText !== null) return Number(inText[1]);
  return cause === undefined || cause === error ? undefined : clickhouseErrorNumber(cause);
}

/** ClickHouse's number for memory, and how it says that it is not the query's own bound that was met. */
const memoryExceeded = 241;
const notItsOwn = /\((?:total|for user)\)|(?:total|user) memory limit exceeded/i;

/** `NOT_ENOUGH_SPACE` of ClickHouse: it keeps room for what it is about to write. */
const notEnoughSpace = 243;

/** The operating system said that the disk is full, to us or to the engine, which tells it in its text only. */
function diskFull(error: unknown): boolean {
  const { code, message, cause } = (error ?? {}) as { code?: unknown; message?: unknown; cause?: unknown };
  if (code === 'ENOSPC' || code === 'EDQUOT') return true;
  if (typeof message === 'string' && /No space left on device|errno: 28\b|Disk quota exceeded/.test(message))
    return true;
  return cause !== undefined && cause !== error && diskFull(cause);
}

/**
 * Any failure of the engine as a `BinnacleError`: limits and cancellation by their own codes, everything else is
 * `store_unavailable`, with the engine's text as the cause only.
 */
export function storeError(error: unknown, limits: QueryLimits): BinnacleError {
  if (error instanceof BinnacleError) return error;
  const number = clickhouseErrorNumber(error);
  if (number === memoryExceeded && notItsOwn.test(String(error))) {
    const message = 'All that runs together needs more memory than ClickHouse has; try again soon.';
    return new BinnacleError('over_capacity', message, { cause: error, retryAfterSeconds: 5 });
  }
  if (number === notEnoughSpace || diskFull(error)) {
    const message = 'The disk of the telemetry store is full; send again later.';
    return new BinnacleError('disk_full', message, { cause: error, retryAfterSeconds: 30 });
  }
  const known = number === undefined ? undefined : byNumber[number];
  if (known !== undefined) {
    const [code, message] = known(limits);
    return new BinnacleError(code, message, { cause: error });
  }
  const detail = number === undefined ? 'it cannot be reached' : `ClickHouse error ${number}`;
  return new BinnacleError('store_unavailable', `The telemetry store does not answer (${detail}).`, {
    cause: error,
    retryAfterSeconds: 2,
  });
}

/** The error of a query whose caller went away. */
export function canceled(cause?: unknown): BinnacleError {
  return new BinnacleError('query_canceled', 'The query was canceled.', { cause });
}
