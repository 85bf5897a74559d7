import { createChannel, listChannels } from '@binnacle/db/state/notification-channels.ts';
import { may } from '@binnacle/shared/access.ts';
import { channelInput } from '@binnacle/shared/alerts/channel.ts';
import { answerApp, bodyOf } from '#data/app-route.ts';

export const dynamic = 'force-dynamic';

/** Where notifications go, without addresses and secrets. */
export async function GET(request: Request): Promise<Response> {
  return answerApp(request, 'alerts:read', async ({ state, principal }) => ({
    mayEdit: may(principal, 'channels:edit'),
    mayTest: may(principal, 'channels:test'),
    channels: await listChannels(state),
  }));
}

export async function POST(request: Request): Promise<Response> {
  return answerApp(request, 'channels:edit', async ({ state }) => {
    await createChannel(state, await bodyOf(request, channelInput));
    return { done: true };
  });
}
