import { listAlertOccurrences } from '@binnacle/db/state/alert-history.ts';
import { z } from 'zod';
import { answerApp } from '#data/app-route.ts';

export const dynamic = 'force-dynamic';

const limit = 500;
const time = z.coerce.number().int().min(0).max(8.64e15);
const parameters = z.object({ from: time, to: time });

/** Alerts that were open at some time of the range, with what was sent about them. */
export async function GET(request: Request): Promise<Response> {
  return answerApp(request, 'alerts:read', async ({ state }) => {
    const { from, to } = parameters.parse(Object.fromEntries(new URL(request.url).searchParams));
    const found = await listAlertOccurrences(state, { fromMs: from, toMs: to, limit: limit + 1 });
    return { occurrences: found.slice(0, limit), truncated: found.length > limit };
  });
}
