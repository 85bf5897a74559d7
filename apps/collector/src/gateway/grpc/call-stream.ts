import { constants, type ServerHttp2Stream } from 'node:http2';
import type { ServerInterceptor } from '@grpc/grpc-js';
import { toBinnacleError } from '../error-answer.ts';
import type { InflatingSlots } from './inflating-slots.ts';
import { statusOf } from './status.ts';

type Call = Parameters<ServerInterceptor>[1];

/** What a call of the library has, though its types do not say so: there is no other way to see a message on its way in. */
interface CallParts {
  readonly stream?: ServerHttp2Stream;
  decompressMessage?(message: Buffer, encoding: string): Buffer | Promise<Buffer>;
}

const parts = (call: Call) => call as unknown as CallParts;

/** Calls back with the size of each piece of the call's body as it comes. */
export function watchBytes(call: Call, arrived: (bytes: number) => void): void {
  parts(call).stream?.on('data', (chunk: Buffer) => arrived(chunk.length));
}

/** Lets the library inflate the call's message only in a slot. */
export function inflateInTurn(call: Call, slots: InflatingSlots): void {
  const own = parts(call);
  const inflate = own.decompressMessage?.bind(call);
  if (inflate === undefined) return;
  own.decompressMessage = async (message, encoding) => {
    if (encoding === 'identity') return inflate(message, encoding);
    let begun = false;
    return slots
      .run(async () => {
        begun = true;
        return inflate(message, encoding);
      })
      .catch((error: unknown) => {
        // What the library throws is a status already.
        throw begun ? error : statusOf(toBinnacleError(error));
      });
  };
}

/** Ends a call that has been answered and whose client still sends: what came of its message is let go. */
export function dropRest(call: Call): void {
  const { stream } = parts(call);
  setImmediate(() => {
    if (stream !== undefined && !stream.closed) stream.close(constants.NGHTTP2_NO_ERROR);
  });
}
