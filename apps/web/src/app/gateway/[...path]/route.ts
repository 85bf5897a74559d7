import { forwardToGateway } from '#data/gateway-proxy.ts';

export const dynamic = 'force-dynamic';

interface Context {
  params: Promise<{ path: string[] }>;
}

export const GET = async (request: Request, context: Context) => forwardToGateway(request, (await context.params).path);
export const POST = GET;
