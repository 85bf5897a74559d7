import { BinnacleError } from '@binnacle/shared/errors.ts';
import { z } from 'zod';
import { channelTest } from '#data/app-answers.ts';
import { answerApp } from '#data/app-route.ts';
import { gatewayUrl } from '#data/gateway-address.ts';

const answered = z.object({ result: channelTest });
const refused = z.object({ message: z.string() });
const timeoutMs = 20_000;

/** Lets the gateway send a test notification, and hands back what it saw. */
export async function POST(request: Request, context: { params: Promise<{ id: string }> }): Promise<Response> {
  const { id } = await context.params;
  return answerApp(request, 'channels:test', async () => {
    const url = new URL(`/api/binnacle/channels/${encodeURIComponent(id)}/test`, gatewayUrl());
    const key = process.env.BINNACLE_API_KEY;
    let answer: Response;
    let body: unknown;
    try {
      answer = await fetch(url, {
        method: 'POST',
        headers: {
          accept: 'application/json',
          'content-type': 'application/json',
          ...(key ? { authorization: `Bearer ${key}` } : {}),
        },
        body: '{}',
        cache: 'no-store',
        redirect: 'error',
        signal: AbortSignal.timeout(timeoutMs),
      });
      body = await answer.json();
    } catch (cause) {
      throw new BinnacleError('upstream_failed', 'The gateway, which sends notifications, does not answer.', { cause });
    }
    if (answer.status === 401 || answer.status === 403)
      throw new BinnacleError('upstream_failed', 'The gateway does not let the web app send tests with its key.');
    if (!answer.ok) {
      const told = refused.safeParse(body);
      throw new BinnacleError(
        answer.status === 404 ? 'not_found' : 'upstream_failed',
        told.success ? told.data.message : `The gateway answered ${answer.status}.`,
      );
    }
    return answered.parse(body).result;
  });
}
