import type { Action } from '@binnacle/shared/access.ts';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import { authorize } from '#auth/authorize.ts';
import { forwardToGateway } from '#data/gateway-proxy.ts';

export const dynamic = 'force-dynamic';

interface Context {
  params: Promise<{ path: string[] }>;
}

const actionOf = (door: string | undefined): Action =>
  door === 'rules' || door === 'alerts'
    ? 'alerts:read'
    : door === 'sources' || door === 'freshness'
      ? 'sources:read'
      : 'telemetry:read';

export async function GET(request: Request, context: Context): Promise<Response> {
  const { path } = await context.params;
  try {
    await authorize(actionOf(path.at(-1)));
  } catch (error) {
    if (!(error instanceof BinnacleError)) throw error;
    return Response.json({ status: 'error', code: error.code, message: error.message }, { status: error.status });
  }
  return forwardToGateway(request, path);
}

export const POST = GET;
