import { BinnacleError } from '@binnacle/shared/errors.ts';
import Fastify, { type FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import type { Receiver, ReceiverDefinition } from '../receiver.ts';
import { RecordingSink } from './recording-sink.ts';

export interface RunningReceiver {
  readonly sink: RecordingSink;
  readonly receiver: Receiver;
  /** Origin of the server that has the receiver's routes: `http://127.0.0.1:port`. */
  readonly origin: string;
  /** Posts to the server without a socket, which very many requests in a row would wear out. Resolves to the status. */
  inject(url: string, headers: Readonly<Record<string, string>>, body: Uint8Array): Promise<number>;
  /** Stops receiver and server; the end of the test does so too. */
  stop(): Promise<void>;
}

/** Starts a receiver behind a server of its own, for one test. The configuration is as in the YAML file. */
export async function openDoor<Config>(
  definition: ReceiverDefinition<Config>,
  config: unknown,
  now: () => number = Date.now,
): Promise<RunningReceiver> {
  const sink = new RecordingSink();
  const log = pino({ level: 'silent' });
  const receiver = definition.create(definition.config.parse(config), { sink, records: sink, log, now });
  const app = server();
  receiver.routes?.(app);
  const origin = await app.listen({ host: '127.0.0.1', port: 0 });
  receiver.start?.();
  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= receiver.stop().then(() => app.close());
    return stopped;
  };
  onTestFinished(stop);
  const inject = async (url: string, headers: Readonly<Record<string, string>>, body: Uint8Array) =>
    (await app.inject({ method: 'POST', url, headers, payload: Buffer.from(body) })).statusCode;
  return { sink, receiver, origin, inject, stop };
}

/** A server that answers errors as the gateway does, as far as receivers can rely on it. */
function server(): FastifyInstance {
  const app = Fastify({ forceCloseConnections: true });
  app.setErrorHandler((error, _request, reply) => {
    if (error instanceof BinnacleError) {
      if (error.retryAfterSeconds !== undefined) reply.header('retry-after', error.retryAfterSeconds);
      return reply.status(error.status).send({ code: error.code, message: error.message });
    }
    const { statusCode = 500 } = error as { statusCode?: number };
    return reply.status(statusCode).send({ message: String(error) });
  });
  return app;
}
