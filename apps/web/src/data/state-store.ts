import 'server-only';
import { openState, type State } from '@binnacle/db/state/open-state.ts';
import { BinnacleError } from '@binnacle/shared/errors.ts';

// Pages, routes and the sign-in are bundled apart from each other: the process keeps one store for all of them.
const shared = globalThis as typeof globalThis & { binnacleState?: Promise<State> | undefined };

/** The state store, opened at the first use. Throws `state_unavailable` where `DATABASE_URL` is not set. */
export function stateStore(): Promise<State> {
  const databaseUrl = process.env.DATABASE_URL;
  if (!databaseUrl) {
    return Promise.reject(
      new BinnacleError('state_unavailable', 'The web app has no DATABASE_URL, so it cannot reach Postgres.'),
    );
  }
  shared.binnacleState ??= openState({ databaseUrl, maxConnections: 5 }).catch((error: unknown) => {
    shared.binnacleState = undefined;
    throw error;
  });
  return shared.binnacleState;
}
