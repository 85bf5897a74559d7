import { revokeApiKey } from '@binnacle/db/state/api-keys.ts';
import { answerApp } from '#data/app-route.ts';

/** Ends a key. */
export async function DELETE(request: Request, context: { params: Promise<{ id: string }> }): Promise<Response> {
  const { id } = await context.params;
  return answerApp(request, 'keys:manage', async ({ state }) => {
    await revokeApiKey(state, id);
    return { done: true };
  });
}
