import { deleteChannel, setChannelEnabled } from '@binnacle/db/state/notification-channels.ts';
import { z } from 'zod';
import { answerApp, bodyOf } from '#data/app-route.ts';

interface Context {
  params: Promise<{ id: string }>;
}
const body = z.strictObject({ enabled: z.boolean() });

/** Switches a channel on or off. */
export async function PATCH(request: Request, context: Context): Promise<Response> {
  const { id } = await context.params;
  return answerApp(request, 'channels:edit', async ({ state }) => {
    const { enabled } = await bodyOf(request, body);
    await setChannelEnabled(state, id, enabled);
    return { done: true };
  });
}

export async function DELETE(request: Request, context: Context): Promise<Response> {
  const { id } = await context.params;
  return answerApp(request, 'channels:edit', async ({ state }) => {
    await deleteChannel(state, id);
    return { done: true };
  });
}
