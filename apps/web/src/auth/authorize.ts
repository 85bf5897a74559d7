import 'server-only';
import { type Action, may, type Principal, roles } from '@binnacle/shared/access.ts';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import { headers as requestHeaders } from 'next/headers';
import { authMode } from './mode.ts';

/** Who asks: whoever sits at this machine, the person of the session, or nobody. */
export async function currentPrincipal(): Promise<Principal | undefined> {
  if (authMode() === 'local') return { kind: 'local' };
  let session: { user: { id: string; name: string; role?: string | null } } | null;
  try {
    const { auth } = await import('./auth.ts');
    session = await (await auth()).api.getSession({ headers: await requestHeaders() });
  } catch (cause) {
    if (cause instanceof BinnacleError) throw cause;
    throw new BinnacleError('state_unavailable', 'Postgres does not answer, so nobody can be recognised.', { cause });
  }
  if (session === null) return undefined;
  const role = roles.find((known) => known === session.user.role) ?? 'viewer';
  return { kind: 'person', id: session.user.id, name: session.user.name, role };
}

/**
 * The principal of the request, who may do the action. Every route handler and server action begins with it.
 * Throws `unauthenticated`, `forbidden`, or `state_unavailable` while Postgres is away.
 */
export async function authorize(action: Action): Promise<Principal> {
  const principal = await currentPrincipal();
  if (principal === undefined) throw new BinnacleError('unauthenticated', 'Sign in first.');
  if (!may(principal, action)) throw new BinnacleError('forbidden', 'Your role does not allow this.');
  return principal;
}
