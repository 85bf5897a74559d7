import { authMode } from '#auth/mode.ts';

export const dynamic = 'force-dynamic';

async function handle(request: Request): Promise<Response> {
  if (authMode() === 'local')
    return Response.json({ code: 'not_found', message: 'Nobody signs in here.' }, { status: 404 });
  try {
    const { auth } = await import('#auth/auth.ts');
    return await (await auth()).handler(request);
  } catch (error) {
    console.error('sign-in failed:', error instanceof Error ? error.message : error);
    return Response.json(
      { code: 'state_unavailable', message: 'Postgres does not answer. Try again in a moment.' },
      { status: 503 },
    );
  }
}

export const GET = handle;
export const POST = handle;
