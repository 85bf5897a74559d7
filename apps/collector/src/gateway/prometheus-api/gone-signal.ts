import type { FastifyReply, FastifyRequest } from 'fastify';

/** Aborts when the client has gone before it was answered. */
export function goneSignal(request: FastifyRequest, reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableEnded) controller.abort();
  });
  // It may have gone while its key was looked up.
  if (reply.raw.destroyed || (request.raw.destroyed && !request.raw.complete)) controller.abort();
  return controller.signal;
}
