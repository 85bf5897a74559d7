import { BinnacleError } from '@binnacle/shared/errors.ts';

const awayCodes = new Set([
  // Prisma: not reachable, timed out, closed by the server, no connection from the pool, transaction lost with it
  'P1001',
  'P1002',
  'P1008',
  'P1017',
  'P2024',
  'P2028',
  // sockets
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  // Postgres: shutting down, crashed, starting, too many connections
  '57P01',
  '57P02',
  '57P03',
  '53300',
  // postgres.js
  'CONNECTION_CLOSED',
  'CONNECTION_ENDED',
  'CONNECTION_DESTROYED',
  'CONNECT_TIMEOUT',
]);
const awayKinds = new Set(['DatabaseNotReachable', 'ConnectionClosed', 'SocketTimeout', 'TooManyConnections']);
const awayWords =
  /connection terminated|timeout exceeded when trying to connect|query read timeout|client has encountered a connection error/i;

/** Whether an error means that Postgres cannot be reached just now, as opposed to a query that is wrong. */
export function isStateAway(error: unknown): boolean {
  for (let at: unknown = error, depth = 0; at instanceof Object && depth < 5; depth++) {
    const { code, kind, originalCode, message, meta, cause } = at as Record<string, unknown>;
    if ([code, originalCode].some((word) => typeof word === 'string' && awayCodes.has(word))) return true;
    if (typeof kind === 'string' && awayKinds.has(kind)) return true;
    if (typeof message === 'string' && awayWords.test(message)) return true;
    const adapterError = (meta as { driverAdapterError?: unknown } | undefined)?.driverAdapterError;
    at = adapterError ?? cause;
  }
  return error instanceof BinnacleError && error.code === 'state_unavailable';
}
