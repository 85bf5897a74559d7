import 'server-only';
import { binaryMatrixType } from './binary-matrix.ts';
import { gatewayUrl } from './gateway-address.ts';

/** Doors that read whatever the method is: a query too long for a URL comes as a form. */
const formDoors = /^api\/(v1\/(query|query_range|format_query|series|labels)|binnacle\/promql\/explain)$/;

/** Read doors of the gateway that the browser may use through the web app; everything else is 404. */
const doors = [
  formDoors,
  /^api\/v1\/(metadata|features|rules|alerts)$/,
  /^api\/v1\/label\/[^/]+\/values$/,
  /^api\/v1\/status\/buildinfo$/,
  /^api\/binnacle\/(sources|freshness|clusters|records)$/,
];

const sameMachine = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/;
const timeoutMs = 30_000;
const maxBodyBytes = 256 * 1024;

const refusal = (status: number, code: string, message: string) =>
  Response.json(
    { status: 'error', code, message, error: message },
    { status, headers: { 'cache-control': 'no-store' } },
  );

/**
 * Hands a read on to the gateway with the web app's own key, and streams the answer back. Neither cookies nor headers of
 * the browser travel on, and no header of the gateway comes back except the content type.
 */
export async function forwardToGateway(request: Request, segments: readonly string[]): Promise<Response> {
  const path = segments.map(encodeURIComponent).join('/');
  if (!doors.some((door) => door.test(path))) return refusal(404, 'not_found', 'There is no such door.');

  // The same path may take writes, and the web app's key may write: the key reads for whoever may read, and no more.
  if (request.method !== 'GET' && !(request.method === 'POST' && formDoors.test(path)))
    return refusal(405, 'method_not_allowed', 'This door is for reading.');

  const url = new URL(`/${path}`, gatewayUrl());
  url.search = new URL(request.url).search;
  const binary = request.headers.get('accept')?.includes(binaryMatrixType) === true;
  const headers = new Headers({ accept: binary ? `${binaryMatrixType}, application/json;q=0.9` : 'application/json' });
  // On one machine compressing costs more than it saves.
  if (sameMachine.test(url.hostname)) headers.set('accept-encoding', 'identity');
  const key = process.env.BINNACLE_API_KEY;
  if (key !== undefined && key !== '') headers.set('authorization', `Bearer ${key}`);

  let body: Uint8Array<ArrayBuffer> | undefined;
  if (request.method === 'POST') {
    body = await bodyOf(request);
    if (body === undefined) return refusal(413, 'body_too_large', 'The query is too long.');
    headers.set('content-type', 'application/x-www-form-urlencoded');
  }
  try {
    const answer = await fetch(url, {
      method: request.method,
      headers,
      ...(body === undefined ? {} : { body }),
      cache: 'no-store',
      redirect: 'error',
      signal: AbortSignal.any([request.signal, AbortSignal.timeout(timeoutMs)]),
    });
    if (answer.status === 401 || answer.status === 403) {
      return refusal(
        502,
        'upstream_failed',
        'The gateway refuses the web app: set BINNACLE_API_KEY to a key with the scope "read".',
      );
    }
    return new Response(answer.body, {
      status: answer.status,
      headers: {
        'content-type': answer.headers.get('content-type') ?? 'application/json',
        'cache-control': 'no-store',
      },
    });
  } catch (error) {
    if (request.signal.aborted) return new Response(null, { status: 499 });
    if (error instanceof Error && error.name === 'TimeoutError') {
      return refusal(504, 'query_timeout', `The gateway did not answer within ${timeoutMs / 1e3} s.`);
    }
    return refusal(502, 'upstream_failed', `The gateway at ${url.origin} does not answer. Is it running?`);
  }
}

/** The body, or undefined where it is longer than allowed; no more than that is read, whatever length it claims. */
async function bodyOf(request: Request): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const body = new Uint8Array(maxBodyBytes);
  let length = 0;
  for await (const chunk of request.body ?? []) {
    if (length + chunk.byteLength > maxBodyBytes) return undefined;
    body.set(chunk, length);
    length += chunk.byteLength;
  }
  return body.subarray(0, length);
}
