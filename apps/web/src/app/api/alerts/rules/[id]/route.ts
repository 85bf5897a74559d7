import { setAlertRuleEnabled } from '@binnacle/db/state/alert-history.ts';
import { z } from 'zod';
import { answerApp, bodyOf } from '#data/app-route.ts';

const body = z.strictObject({ enabled: z.boolean() });

/** Switches a rule on or off. */
export async function POST(request: Request, context: { params: Promise<{ id: string }> }): Promise<Response> {
  const { id } = await context.params;
  return answerApp(request, 'alerts:edit', async ({ state }) => {
    const { enabled } = await bodyOf(request, body);
    await setAlertRuleEnabled(state, id, enabled);
    return { done: true };
  });
}
