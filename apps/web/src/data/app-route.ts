import 'server-only';
import type { State } from '@binnacle/db/state/open-state.ts';
import { isStateAway } from '@binnacle/db/state/state-away.ts';
import type { Action, Principal } from '@binnacle/shared/access.ts';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import { ZodError, type z } from 'zod';
import { authorize } from '#auth/authorize.ts';
import { foreignWrite } from '#auth/same-origin.ts';
import { stateStore } from './state-store.ts';

const maxBodyBytes = 64 * 1024;

/**
 * Answers a request of the app's own pages with what `work` returns, as JSON. Before that it asks whether the action may
 * be done, and refuses writes of other sites; failures leave as `{ code, message }` with their status.
 */
export async function answerApp(
  request: Request,
  action: Action,
  work: (context: { state: State; principal: Principal }) => Promise<unknown>,
): Promise<Response> {
  const headers = { 'cache-control': 'no-store' };
  try {
    if (request.method !== 'GET') {
      const refusal = foreignWrite(request.headers);
      if (refusal !== undefined) throw new BinnacleError('forbidden', refusal);
      // A form of another site cannot send this type without asking first.
      if (!/^application\/json\b/.test(request.headers.get('content-type') ?? ''))
        throw new BinnacleError('unsupported_media_type', 'Writes are JSON.');
    }
    const principal = await authorize(action);
    return Response.json(await work({ state: await stateStore(), principal }), { headers });
  } catch (error) {
    const told = toldError(error);
    return Response.json({ code: told.code, message: told.message }, { status: told.status, headers });
  }
}

/** The body of a write, by its schema. Throws `body_too_large` or `bad_request`. */
export async function bodyOf<T extends z.ZodType>(request: Request, schema: T): Promise<z.infer<T>> {
  const text = await request.text();
  if (text.length > maxBodyBytes) throw new BinnacleError('body_too_large', 'The request is too long.');
  let body: unknown;
  try {
    body = text === '' ? {} : JSON.parse(text);
  } catch (cause) {
    throw new BinnacleError('bad_request', 'The request is not JSON.', { cause });
  }
  return schema.parse(body);
}

function toldError(error: unknown): BinnacleError {
  if (error instanceof BinnacleError) return error;
  if (error instanceof ZodError) {
    const issue = error.issues[0];
    const place = issue?.path.join('.') ?? '';
    return new BinnacleError('bad_request', `${place === '' ? '' : `${place}: `}${issue?.message ?? 'wrong request'}`);
  }
  if (isStateAway(error))
    return new BinnacleError('state_unavailable', 'Postgres does not answer. Try again in a moment.', { cause: error });
  // The text may hold what was to be saved: only the kind of error is told.
  console.error('a request of a page failed:', error instanceof Error ? error.name : typeof error);
  return new BinnacleError('internal', 'That failed in the web app. Its log says which kind of error it was.');
}
