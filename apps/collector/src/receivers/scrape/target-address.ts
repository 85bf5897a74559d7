/** Where a target is: `host:port` and the URL that is fetched. */
export interface TargetAddress {
  readonly host: string;
  readonly url: URL;
}

/** Reads `host:port` or a URL; a sentence where it is neither. The default port is written out, as in `instance`. */
export function readAddress(
  text: string,
  defaults: { readonly scheme: string; readonly path: string },
): TargetAddress | string {
  const isUrl = /^[a-z][a-z0-9+.-]*:\/\//i.test(text);
  if (!isUrl && /[/?#@]/.test(text)) return `"${text.slice(0, 100)}" is neither host:port nor a URL`;
  const full = isUrl ? text : `${defaults.scheme}://${text}${defaults.path}`;
  if (!URL.canParse(full)) return `"${text.slice(0, 100)}" is neither host:port nor a URL`;
  const url = new URL(full);
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    return `${url.protocol}// cannot be scraped, only http and https`;
  if (url.username !== '' || url.password !== '') return 'no user name or password in the URL; use basicAuth';
  if (isUrl && url.pathname === '/' && !text.endsWith('/')) url.pathname = defaults.path;
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
  return { host: `${url.hostname}:${port}`, url };
}
