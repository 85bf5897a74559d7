import { consent, listFoundSources } from '@binnacle/db/state/found-sources.ts';
import { may, type Principal } from '@binnacle/shared/access.ts';
import { z } from 'zod';
import { answerApp, bodyOf } from '#data/app-route.ts';

export const dynamic = 'force-dynamic';

const body = z.strictObject({ id: z.string().min(1).max(4000), consent: z.boolean() });

const nameOf = (principal: Principal) => (principal.kind === 'local' ? 'this machine' : principal.name);

/** What a look around the machine found. */
export async function GET(request: Request): Promise<Response> {
  return answerApp(request, 'sources:read', async ({ state, principal }) => ({
    mayConsent: may(principal, 'sources:consent'),
    found: (await listFoundSources(state)).map(({ detail: _detail, ...source }) => source),
  }));
}

/** Agrees to a source, or takes it back. */
export async function POST(request: Request): Promise<Response> {
  return answerApp(request, 'sources:consent', async ({ state, principal }) => {
    const wanted = await bodyOf(request, body);
    await consent(state, wanted.id, wanted.consent ? nameOf(principal) : null);
    return { done: true };
  });
}
