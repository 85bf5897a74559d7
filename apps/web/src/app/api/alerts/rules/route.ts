import { listAlertRules } from '@binnacle/db/state/alert-history.ts';
import { may } from '@binnacle/shared/access.ts';
import { answerApp } from '#data/app-route.ts';

export const dynamic = 'force-dynamic';

export async function GET(request: Request): Promise<Response> {
  return answerApp(request, 'alerts:read', async ({ state, principal }) => ({
    mayEdit: may(principal, 'alerts:edit'),
    rules: await listAlertRules(state),
  }));
}
