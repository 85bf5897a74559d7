import { BinnacleError } from '@binnacle/shared/errors.ts';
import {
  type handleUnaryCall,
  type Metadata,
  type MethodDefinition,
  Server,
  ServerCredentials,
  ServerInterceptingCall,
  type ServerInterceptor,
  ServerListenerBuilder,
  type ServiceDefinition,
  setLogger,
  status,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import type { Logger } from 'pino';
import { ensurePortFree, portFault } from '../../config/listen-port.ts';
import type { Limits } from '../../pipeline/limits.ts';
import { senderOf } from '../../pipeline/sender.ts';
import type { GrpcMethod } from '../../receivers/receiver.ts';
import { addToCounter, recordSeconds } from '../../telemetry/instruments.ts';
import type { Authorize } from '../authentication.ts';
import { BodyBudget, type ReadBody } from '../body-budget.ts';
import { toBinnacleError } from '../error-answer.ts';
import { dropRest, inflateInTurn, watchBytes } from './call-stream.ts';
import { InflatingSlots } from './inflating-slots.ts';
import { type CallStatus, ownStatus, statusOf } from './status.ts';

export interface GrpcDoorOptions {
  readonly host: string;
  readonly port: number;
  /** What changes the port, for the sentence of a taken one. */
  readonly portSetting: string;
  /** The same rules as at the HTTP doors; every method asks for `telemetry:write`. */
  readonly authorize: Authorize;
  /** Asked before a message is read; throws what says that nothing is taken now. */
  readonly ensureRoom?: () => void;
  readonly methods: readonly GrpcMethod[];
  readonly limits: Limits;
  readonly log: Logger;
  /** How long a message is watched before it may count as too slow. */
  readonly slowGraceMs?: number;
}

export interface GrpcDoor {
  /** Takes no more calls, waits for those that run, and ends the rest after some seconds. */
  stop(): Promise<void>;
}

const stopTimeoutMs = 10_000;
const mebibyte = 1024 * 1024;

/** Opens the gRPC door. Throws `conflict` with one sentence when the port cannot be listened on. */
export async function openGrpcDoor(options: GrpcDoorOptions): Promise<GrpcDoor> {
  const { host, port, portSetting, limits, log } = options;
  await ensurePortFree(host, port, portSetting);
  const quiet = (...parts: unknown[]) => log.debug({ grpc: parts.map(String).join(' ').slice(0, 500) }, 'gRPC');
  setLogger({ error: quiet, info: quiet, debug: quiet });
  const budget = new BodyBudget(limits.inFlightBytes, limits.bodyBytes, {
    bytesPerSecond: limits.slowBodyBytesPerSecond,
    ...(options.slowGraceMs === undefined ? {} : { graceMs: options.slowGraceMs }),
  });
  const server = new Server({
    'grpc.max_receive_message_length': limits.bodyBytes,
    'grpc.max_send_message_length': 4 * mebibyte,
    'grpc.max_concurrent_streams': 128,
    // A connection that is gone without a word is noticed, and one that nobody uses is closed.
    'grpc.keepalive_time_ms': 60_000,
    'grpc.keepalive_timeout_ms': 20_000,
    'grpc.max_connection_idle_ms': 600_000,
    'grpc-node.max_session_memory': 32,
    interceptors: [entrance(options, budget)],
  });
  for (const [definition, implementation] of services(options, budget)) server.addService(definition, implementation);
  const address = host.includes(':') && !host.startsWith('[') ? `[${host}]:${port}` : `${host}:${port}`;
  await new Promise<void>((resolve, reject) => {
    server.bindAsync(address, ServerCredentials.createInsecure(), (error) => {
      if (error === null) resolve();
      else reject(portFault(withCode(error), host, port, portSetting));
    });
  });
  return {
    stop: () =>
      new Promise((resolve) => {
        const timer = setTimeout(() => server.forceShutdown(), stopTimeoutMs);
        server.tryShutdown(() => {
          clearTimeout(timer);
          resolve();
        });
      }),
  };
}

/** The library puts the system's error code into its text only. */
function withCode(error: Error): Error & { code?: string } {
  const [code] = /\bE[A-Z]{4,}\b/.exec(error.message) ?? [];
  return code === undefined ? error : Object.assign(new Error(error.message, { cause: error }), { code });
}

/** Services by name with their methods, whose messages stay bytes. */
function services(options: GrpcDoorOptions, budget: BodyBudget): [ServiceDefinition, UntypedServiceImplementation][] {
  const byService = new Map<string, [Record<string, MethodDefinition<Buffer, Buffer>>, UntypedServiceImplementation]>();
  const same = (bytes: Buffer): Buffer => bytes;
  for (const method of options.methods) {
    const [, service = '', name = ''] = method.path.split('/');
    const entry = byService.get(service) ?? [{}, {}];
    byService.set(service, entry);
    entry[0][name] = {
      path: method.path,
      requestStream: false,
      responseStream: false,
      requestSerialize: same,
      requestDeserialize: same,
      responseSerialize: same,
      responseDeserialize: same,
    };
    entry[1][name] = handlerOf(method, budget, options.log);
  }
  return [...byService.values()];
}

function handlerOf(method: GrpcMethod, budget: BodyBudget, log: Logger): handleUnaryCall<Buffer, Buffer> {
  const handle = async (message: Buffer, sender: string): Promise<Buffer> => {
    budget.take(message.length);
    try {
      return await method.handle(message, sender);
    } finally {
      budget.giveBack(message.length);
    }
  };
  return (call, answer) => {
    const userAgent = call.metadata.get('user-agent')[0]?.toString();
    handle(call.request, senderOf(hostOf(call.getPeer()), userAgent)).then(
      (response) => answer(null, response),
      (error: unknown) => {
        const known = toBinnacleError(error);
        const event = { method: method.path, code: known.code };
        addToCounter('binnacle_grpc_refused_total', 1, event);
        if (known.status >= 500) log.warn({ ...event, err: known.cause ?? known }, known.message);
        else log.debug(event, known.message);
        answer(statusOf(known));
      },
    );
  };
}

/** `127.0.0.1:4711` or `[::1]:4711` without the port. */
function hostOf(peer: string): string {
  return peer.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
}

/**
 * What every call passes, before its message is read: who gets in, whether there is room, and then room for its message as
 * it comes. Its end is counted here too, whoever gives the status.
 */
function entrance(options: GrpcDoorOptions, budget: BodyBudget): ServerInterceptor {
  const { limits, log } = options;
  const inflating = new InflatingSlots(Math.max(4, Math.floor((2 * limits.inFlightBytes) / limits.bodyBytes)));
  return (definition, call) => {
    const method = definition.path;
    const beganAt = performance.now();
    let ended = false;
    let body: ReadBody | undefined;
    let timer: NodeJS.Timeout | undefined;
    const end = (code: status): void => {
      clearTimeout(timer);
      body?.close();
      if (ended) return;
      ended = true;
      addToCounter('binnacle_grpc_requests_total', 1, { method, status: status[code] ?? String(code) });
      recordSeconds('binnacle_grpc_request_duration_seconds', (performance.now() - beganAt) / 1000, { method });
    };
    // The library gives statuses of its own without asking an interceptor: all of them come through here.
    const send = call.sendStatus.bind(call);
    call.sendStatus = (given: CallStatus) => {
      const own = ownStatus(given, limits.bodyBytes);
      end(own.code ?? status.UNKNOWN);
      send(own);
    };
    inflateInTurn(call, inflating);
    const refuse = (error: unknown): void => {
      const known = toBinnacleError(error);
      addToCounter('binnacle_grpc_refused_total', 1, { method, code: known.code });
      log.debug({ method, code: known.code }, known.message);
      call.sendStatus(statusOf(known));
    };
    const giveUp = (error: unknown): void => {
      if (ended) return;
      refuse(error);
      dropRest(call);
    };
    const admit = async (metadata: Metadata, next: (metadata: Metadata) => void): Promise<void> => {
      const [authorization] = metadata.get('authorization');
      const headers = { host: call.getHost(), authorization: authorization?.toString() };
      await options.authorize({ method: 'POST', headers }, 'telemetry:write');
      options.ensureRoom?.();
      if (ended) return;
      const reading = budget.begin(undefined, () => giveUp(tooSlow()));
      body = reading;
      watchBytes(call, (bytes) => {
        try {
          reading.arrived(bytes);
        } catch (error) {
          giveUp(error);
        }
      });
      timer = setTimeout(() => giveUp(notInTime()), limits.requestSeconds * 1000);
      next(metadata);
    };
    const listener = new ServerListenerBuilder()
      .withOnReceiveMetadata((metadata, next) => void admit(metadata, next).catch(refuse))
      .withOnReceiveMessage((message, next) => {
        clearTimeout(timer);
        // The handler takes room for what has come out of it.
        body?.close();
        next(message);
      })
      .withOnCancel(() => end(status.CANCELLED))
      .build();
    return new ServerInterceptingCall(call, { start: (next) => next(listener) });
  };
}

const notInTime = () => new BinnacleError('request_timeout', 'the message did not arrive in time; send it again');
const tooSlow = () =>
  new BinnacleError(
    'request_timeout',
    'the message came too slowly while others waited for room (limits.slowBodyBytesPerSecond); send it again',
  );
