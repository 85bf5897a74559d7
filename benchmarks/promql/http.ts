import { Agent, request } from 'node:http';

export interface Answer {
  readonly status: number;
  /** ms from the request until the last byte of the body */
  readonly ms: number;
  readonly bytes: number;
  /** The body as it came. */
  readonly body: Buffer;
}

/** Connections stay open, as those of a dashboard do; answers come uncompressed from every server. */
const agent = new Agent({ keepAlive: true, maxSockets: 64 });

/** Asks and reads the whole body. */
export function get(url: string): Promise<Answer> {
  return send(url, {}, undefined);
}

export function post(url: string, body: Uint8Array, headers: Record<string, string>): Promise<Answer> {
  return send(url, { ...headers, 'content-length': String(body.byteLength) }, body);
}

function send(url: string, headers: Record<string, string>, body: Uint8Array | undefined): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const began = performance.now();
    const outgoing = request(url, { agent, headers, method: body === undefined ? 'GET' : 'POST' }, (incoming) => {
      const pieces: Buffer[] = [];
      incoming.on('data', (piece: Buffer) => pieces.push(piece));
      incoming.on('error', reject);
      incoming.on('end', () => {
        const ms = performance.now() - began;
        const whole = Buffer.concat(pieces);
        resolve({ status: incoming.statusCode ?? 0, ms, bytes: whole.length, body: whole });
      });
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** Throws with the beginning of the body unless the answer is 2xx. */
export function expectOk(answer: Answer, what: string): Answer {
  if (answer.status >= 200 && answer.status < 300) return answer;
  throw new Error(`${what}: ${answer.status} ${answer.body.toString('utf8', 0, 300)}`);
}
