import type { IncomingHttpHeaders } from 'node:http';
import { promisify } from 'node:util';
import { gunzip, inflate, zstdDecompress } from 'node:zlib';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import { announcedBytes } from './announced-size.ts';
import type { Encoding } from './answer.ts';

type Decompress = (body: Buffer, options: { maxOutputLength: number; chunkSize: number }) => Promise<Buffer>;

/** Of a body that does not say its size, and the largest one: a body that fits into one is inflated in one turn of a thread. */
const chunkBytes = 16 * 1024;
const maxChunkBytes = 1024 * 1024;

/** What the specification asks for (gzip), and two that OpenTelemetry Collectors may be told to send. */
const decompressors: Readonly<Record<string, Decompress>> = {
  gzip: promisify(gunzip) as Decompress,
  deflate: promisify(inflate) as Decompress,
  zlib: promisify(inflate) as Decompress,
  zstd: promisify(zstdDecompress) as Decompress,
};

/** Encoding of the request by its Content-Type; undefined for another one. */
export function encodingOf(headers: IncomingHttpHeaders): Encoding | undefined {
  const type = (headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase();
  if (type === 'application/x-protobuf') return 'protobuf';
  return type === 'application/json' ? 'json' : undefined;
}

/** Refuses with 415 what is not OTLP/HTTP, before the body is read. */
export function checkOtlpHeaders(headers: IncomingHttpHeaders): void {
  if (encodingOf(headers) === undefined) {
    const type = JSON.stringify((headers['content-type'] ?? '').slice(0, 100));
    throw new BinnacleError(
      'unsupported_media_type',
      `Content-Type ${type} is not taken here; OTLP/HTTP sends application/x-protobuf or application/json`,
    );
  }
  const compression = compressionOf(headers);
  if (compression !== '' && !Object.hasOwn(decompressors, compression)) {
    throw new BinnacleError(
      'unsupported_media_type',
      `Content-Encoding ${JSON.stringify(compression.slice(0, 100))} is not taken here; ${Object.keys(decompressors).join(', ')} are`,
    );
  }
}

/** Bodies that are inflated at one time. Each may hold up to the limit, and a bomb does; the others wait compressed. */
const atOnce = 2;
let inflating = 0;
const waiting: (() => void)[] = [];

async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (inflating >= atOnce) await new Promise<void>((resolve) => waiting.push(resolve));
  else inflating++;
  try {
    return await work();
  } finally {
    const next = waiting.shift();
    if (next === undefined) inflating--;
    else next();
  }
}

/** The body without its compression. Throws `body_too_large` as soon as it would be longer than the limit. */
export async function plainBody(body: Buffer, headers: IncomingHttpHeaders, maxBytes: number): Promise<Buffer> {
  const decompress = decompressors[compressionOf(headers)];
  if (decompress === undefined) return body;
  const announced = announcedBytes(body, compressionOf(headers));
  if (announced !== undefined && announced > maxBytes) {
    throw new BinnacleError('body_too_large', `the body inflates to ${announced} bytes; at most ${maxBytes} are taken`);
  }
  // One byte more than it says: only with room left the end is known to be one.
  const chunkSize = Math.min(Math.max((announced ?? 0) + 1, chunkBytes), maxChunkBytes);
  try {
    return await inTurn(() => decompress(body, { maxOutputLength: maxBytes, chunkSize }));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      throw new BinnacleError('body_too_large', `the body inflates to more than the ${maxBytes} bytes that are taken`, {
        cause: error,
      });
    }
    throw new BinnacleError('malformed_body', `the body is not valid ${compressionOf(headers)}`, { cause: error });
  }
}

function compressionOf(headers: IncomingHttpHeaders): string {
  const text = (headers['content-encoding'] ?? '').trim().toLowerCase();
  return text === 'identity' ? '' : text;
}
