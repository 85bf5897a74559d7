import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import type { Logger } from 'pino';
import { addToCounter } from '../telemetry/instruments.ts';

/**
 * Answers what never became a request: one that is sent too slowly, has too many headers, or is no HTTP. The connection
 * ends with it. What such a request held of the budget of bodies is given back by the server's hooks.
 */
export function answerClientError(error: Error & { code?: string }, socket: Socket, log: Logger): void {
  // The client went away: there is nobody to answer.
  if (error.code === 'ECONNRESET' || socket.destroyed) {
    socket.destroy();
    return;
  }
  const { code, status, message } = knownError(error.code);
  addToCounter('binnacle_http_refused_total', 1, { door: 'none', code });
  log.debug({ code }, message);
  if (!socket.writable) {
    socket.destroy(error);
    return;
  }
  const body = JSON.stringify({ code, message });
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
}

function knownError(code: string | undefined): BinnacleError {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return new BinnacleError('request_timeout', 'the request was not sent in time; send it faster, or less at once');
  if (code === 'HPE_HEADER_OVERFLOW') return new BinnacleError('bad_request', 'the headers are too large');
  return new BinnacleError('bad_request', 'this is not a request of HTTP/1.1');
}
