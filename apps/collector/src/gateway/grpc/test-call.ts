import { type ClientHttp2Session, connect } from 'node:http2';

/** How a call ended, as it stands on the wire. */
export interface CallEnd {
  readonly status: number;
  readonly message: string;
  /** `grpc-status-details-bin`, empty without one. */
  readonly details: Buffer;
  /** The first message of the answer; undefined where there is none. */
  readonly answer: Buffer | undefined;
}

/** A message in its frame of five bytes: whether it is compressed, and how long it is. */
export function framed(message: Uint8Array, compressed = false): Buffer {
  const head = Buffer.alloc(5);
  head[0] = compressed ? 1 : 0;
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

/** A client that writes whatever bytes a test wants. */
export class RawGrpc {
  readonly #session: ClientHttp2Session;

  constructor(address: string) {
    this.#session = connect(`http://${address}`);
    this.#session.on('error', () => {});
  }

  /** Sends these bytes as the body of a call, frames included. */
  call(path: string, body: Uint8Array, headers: Readonly<Record<string, string>> = {}): Promise<CallEnd> {
    return new Promise((resolve, reject) => {
      const stream = this.#session.request({
        ':method': 'POST',
        ':path': path,
        'content-type': 'application/grpc',
        te: 'trailers',
        ...headers,
      });
      const pieces: Buffer[] = [];
      let end: Record<string, unknown> = {};
      stream.on('response', (answered) => {
        end = { ...end, ...answered };
      });
      stream.on('trailers', (trailers) => {
        end = { ...end, ...trailers };
      });
      stream.on('data', (piece: Buffer) => pieces.push(piece));
      stream.on('error', reject);
      stream.on('close', () => {
        const status = Number(end['grpc-status']);
        if (Number.isNaN(status)) reject(new Error(`no grpc-status; HTTP ${String(end[':status'])}`));
        const bytes = Buffer.concat(pieces);
        resolve({
          status,
          message: decodeURIComponent(String(end['grpc-message'] ?? '')),
          details: Buffer.from(String(end['grpc-status-details-bin'] ?? ''), 'base64'),
          answer: bytes.length < 5 ? undefined : bytes.subarray(5),
        });
      });
      stream.end(body);
    });
  }

  /** Begins a call and sends a part of its body; it stays open until one side ends it, `end` is the status then. */
  hold(path: string, part: Uint8Array): { readonly sent: Promise<void>; readonly end: Promise<number> } {
    const stream = this.#session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    stream.on('error', () => {});
    const sent = new Promise<void>((resolve) => stream.write(part, () => resolve()));
    const end = new Promise<number>((resolve) => {
      stream.on('response', (answered) => resolve(Number(answered['grpc-status'])));
    });
    return { sent: sent.then(() => this.ping()), end };
  }

  /** Resolves when the server has read what was sent before. */
  ping(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#session.ping((error) => (error === null ? resolve() : reject(error)));
    });
  }

  close(): void {
    this.#session.destroy();
  }
}
