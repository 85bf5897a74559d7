import { createApiKey, listApiKeys } from '@binnacle/db/state/api-keys.ts';
import { scopes } from '@binnacle/shared/access.ts';
import { z } from 'zod';
import { answerApp, bodyOf } from '#data/app-route.ts';

export const dynamic = 'force-dynamic';

const body = z.strictObject({
  name: z.string().trim().min(1, 'A name is expected.').max(120),
  scopes: z.array(z.enum(scopes)).min(1, 'Choose what the key may do.'),
});

export async function GET(request: Request): Promise<Response> {
  return answerApp(request, 'keys:manage', async ({ state }) => ({ keys: await listApiKeys(state) }));
}

/** Makes a key and tells it, this one time. */
export async function POST(request: Request): Promise<Response> {
  return answerApp(request, 'keys:manage', async ({ state }) => createApiKey(state, await bodyOf(request, body)));
}
