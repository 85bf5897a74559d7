import { listUsers } from '@binnacle/db/state/users.ts';
import { authMode } from '#auth/mode.ts';
import { answerApp } from '#data/app-route.ts';

export const dynamic = 'force-dynamic';

/** Who may sign in; where nobody signs in, nobody is listed. */
export async function GET(request: Request): Promise<Response> {
  return answerApp(request, 'users:manage', async ({ state }) => {
    const mode = authMode();
    return { mode, users: mode === 'local' ? [] : await listUsers(state) };
  });
}
