/**
 * Why a write is refused as one of another site, or undefined. Pages cannot set `Sec-Fetch-Site`, `Origin` or `Host`;
 * what is no browser sends neither of the first two and holds no cookies that could be abused.
 */
export function foreignWrite(
  headers: { get(name: string): string | null },
  publicUrl: string | undefined = process.env.BETTER_AUTH_URL,
): string | undefined {
  const refusal = 'A page of another site may not write here.';
  const site = headers.get('sec-fetch-site');
  if (site !== null && site !== 'same-origin') return refusal;
  const origin = headers.get('origin');
  if (origin === null) return undefined;
  if (!URL.canParse(origin)) return refusal;
  const { host } = new URL(origin);
  const own = [headers.get('host'), publicUrl && URL.canParse(publicUrl) ? new URL(publicUrl).host : null];
  return own.includes(host) ? undefined : refusal;
}
