import 'server-only';
import { gatewayUrl } from './gateway-address.ts';

/** Read doors of the gateway that the browser may use through the web app; everything else is 404. */
const doors = [
  /^api\/v1\/(query|query_range|series|labels|metadata|rules|alerts)$/,
  /^api\/v1\/label\/[^/]+\/values$/,
  /^api\/v1\/status\/buildinfo$/,
  /^api\/binnacle\/(sources|clusters|records)$/,
];

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

  const url = new URL(`/${path}`, gatewayUrl());
  url.search = new URL(request.url).search;
  const headers = new Headers({ accept: 'application/json' });
  const key = process.env.BINNACLE_API_KEY;
  if (key !== undefined && key !== '') headers.set('authorization', `Bearer ${key}`);

  let body: string | undefined;
  if (request.method === 'POST') {
    if (Number(request.headers.get('content-length') ?? 0) > maxBodyBytes)
      return refusal(413, 'body_too_large', 'The query is too long.');
    body = await request.text();
    if (body.length > maxBodyBytes) return refusal(413, 'body_too_large', 'The query is too long.');
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
