import ipaddr from 'ipaddr.js';

/** Whether a server bound to this host is reachable from this machine alone. */
export function isLoopbackHost(host: string): boolean {
  const name = host.replace(/^\[|\]$/g, '').toLowerCase();
  if (name === 'localhost') return true;
  if (!ipaddr.isValid(name)) return false;
  return ipaddr.process(name).range() === 'loopback';
}

/** Host part of a `Host` header, without its port; undefined when the header is malformed. */
export function hostOfHeader(header: string): string | undefined {
  const match = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9_.-]+)(?::\d{1,5})?$/.exec(header);
  return match?.[1];
}

/**
 * What a browser may be made to do against a server on loopback, which trusts whoever can reach it. Returns the sentence
 * of the refusal, or undefined. A name that was rebound to 127.0.0.1 shows in `Host`; a page of another site that writes,
 * or loads a costly query as an image, shows in `Sec-Fetch-Site` or `Origin`, which pages cannot set. Tools send neither.
 * Following a link from another site is a person's doing, and reads.
 */
export function browserRefusal(
  method: string,
  headers: { readonly host?: string; readonly origin?: string; readonly site?: string; readonly destination?: string },
): string | undefined {
  const host = headers.host === undefined ? undefined : hostOfHeader(headers.host);
  if (host === undefined || !isLoopbackHost(host)) {
    return 'this gateway listens on loopback: ask it as localhost or 127.0.0.1, or set BINNACLE_HOST and an API key to open it to others';
  }
  const foreign = headers.site === 'cross-site' || headers.site === 'same-site';
  if (method === 'GET' || method === 'HEAD' || method === 'OPTIONS')
    return foreign && headers.destination !== 'document' ? 'a page of another site may not ask here' : undefined;
  if (foreign) return 'a page of another site may not write here';
  if (headers.origin === undefined) return undefined;
  const origin = URL.canParse(headers.origin) ? new URL(headers.origin).hostname : '';
  return isLoopbackHost(origin) ? undefined : 'a page of another site may not write here';
}
