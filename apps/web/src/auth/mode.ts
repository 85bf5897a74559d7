/** Whether people must sign in, decided by where the web app listens. */

/** Names and addresses that only this machine can reach. */
export function isLoopbackHost(host: string): boolean {
  const name = host.replace(/^\[|\]$/g, '').toLowerCase();
  return name === 'localhost' || name === '::1' || /^127(\.\d{1,3}){3}$/.test(name);
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Hosts that the process was told to listen on: `BINNACLE_HOST`, and Next's own flag where it is given. */
function listeningHosts(environment: Environment, commandLine: readonly string[]): string[] {
  const flag = commandLine.findIndex((word) => word === '-H' || word === '--hostname');
  const joined = commandLine.find((word) => word.startsWith('--hostname='))?.slice('--hostname='.length);
  const given = flag >= 0 ? commandLine[flag + 1] : joined;
  return [environment.BINNACLE_HOST || '127.0.0.1', ...(given === undefined ? [] : [given])];
}

/** `local`: bound to loopback, no login, as a local tool should be. `login`: anything else. */
export function authMode(
  environment: Environment = process.env,
  commandLine: readonly string[] = process.argv,
): 'local' | 'login' {
  return listeningHosts(environment, commandLine).every(isLoopbackHost) ? 'local' : 'login';
}

/** Why the web app must not start, in one sentence; undefined where it may. */
export function startupFault(
  environment: Environment = process.env,
  commandLine: readonly string[] = process.argv,
): string | undefined {
  if (authMode(environment, commandLine) === 'local') return undefined;
  const where = listeningHosts(environment, commandLine).find((host) => !isLoopbackHost(host));
  const missing = ['BETTER_AUTH_SECRET', 'BINNACLE_ADMIN_EMAIL', 'BINNACLE_ADMIN_PASSWORD', 'DATABASE_URL'].filter(
    (name) => !environment[name],
  );
  if (missing.length > 0) {
    return `The web app is to listen on ${where}, where others can reach it, and people must sign in there: set ${missing.join(', ')}, or BINNACLE_HOST=127.0.0.1.`;
  }
  if ((environment.BETTER_AUTH_SECRET ?? '').length < 32)
    return 'BETTER_AUTH_SECRET must have at least 32 characters: openssl rand -base64 32.';
  if ((environment.BINNACLE_ADMIN_PASSWORD ?? '').length < minPasswordLength) {
    return `BINNACLE_ADMIN_PASSWORD must have at least ${minPasswordLength} characters.`;
  }
  if (!/^[^\s@]+@[^\s@]+$/.test(environment.BINNACLE_ADMIN_EMAIL ?? ''))
    return 'BINNACLE_ADMIN_EMAIL must be an e-mail address.';
  return undefined;
}

export const minPasswordLength = 12;

/**
 * Why a request to a web app on loopback is refused, or undefined. It trusts whoever can reach it, so a browser must not
 * be made to reach it for others: a name that was rebound to 127.0.0.1 shows in `Host`, a page of another site that
 * writes, or loads a costly query as an image, shows in `Sec-Fetch-Site` and `Origin`, which pages cannot set. Following
 * a link from another site is a person's doing, and reads.
 */
export function localRefusal(method: string, headers: { get(name: string): string | null }): string | undefined {
  const host = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9_.-]+)(?::\d{1,5})?$/.exec(headers.get('host') ?? '')?.[1];
  if (host === undefined || !isLoopbackHost(host)) {
    return 'This web app listens on loopback: open it as localhost or 127.0.0.1, or set BINNACLE_HOST and a login to open it to others.';
  }
  const site = headers.get('sec-fetch-site');
  if (method === 'GET' || method === 'HEAD' || method === 'OPTIONS') {
    return (site === 'cross-site' || site === 'same-site') && headers.get('sec-fetch-dest') !== 'document'
      ? 'A page of another site may not ask here.'
      : undefined;
  }
  const origin = headers.get('origin');
  const foreign = origin !== null && !(URL.canParse(origin) && isLoopbackHost(new URL(origin).hostname));
  return site === 'cross-site' || site === 'same-site' || foreign
    ? 'A page of another site may not write here.'
    : undefined;
}
