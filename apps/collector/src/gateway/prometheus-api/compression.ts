import { pipeline, Readable } from 'node:stream';
import { promisify } from 'node:util';
import { constants, createGzip, createZstdCompress, gzip, zstdCompress } from 'node:zlib';
import type { FastifyInstance } from 'fastify';

/** Answers below this many bytes go as they are: compressing them costs more than it saves. */
const worthBytes = 1400;

type Encoding = 'zstd' | 'gzip';

/** Levels that keep up with a fast network: numbers as text shrink to about a tenth with either. */
const gzipOptions = { level: 1, chunkSize: 64 * 1024 };
const zstdOptions = { params: { [constants.ZSTD_c_compressionLevel]: 1 }, chunkSize: 64 * 1024 };

const whole = { gzip: promisify(gzip), zstd: promisify(zstdCompress) };

/**
 * The encoding that an `Accept-Encoding` header asks for, of those we have: the one it weighs most, zstd where it weighs
 * both the same. Undefined: as it is.
 */
export function encodingFor(header: string | undefined): Encoding | undefined {
  if (header === undefined) return undefined;
  const weights = new Map<string, number>();
  for (const part of header.split(',')) {
    const [name = '', ...parameters] = part.split(';').map((text) => text.trim().toLowerCase());
    const weight = parameters.find((text) => text.startsWith('q='));
    weights.set(name, weight === undefined ? 1 : Number(weight.slice(2)));
  }
  const weigh = (name: string): number => weights.get(name) ?? weights.get('*') ?? 0;
  const zstd = weigh('zstd');
  const plain = Math.max(weigh('gzip'), weigh('x-gzip'));
  if (!(zstd > 0) && !(plain > 0)) return undefined;
  return zstd >= plain ? 'zstd' : 'gzip';
}

/** Compresses the answers of a group of routes as their clients accept it; streams stay streams. */
export function compressAnswers(group: FastifyInstance): void {
  group.addHook('onSend', async (request, reply, payload: unknown) => {
    reply.header('vary', 'Accept, Accept-Encoding');
    const encoding = encodingFor(request.headers['accept-encoding']);
    if (encoding === undefined || request.method === 'HEAD') return payload;
    if (payload instanceof Readable) {
      reply.header('content-encoding', encoding).removeHeader('content-length');
      const compress = encoding === 'gzip' ? createGzip(gzipOptions) : createZstdCompress(zstdOptions);
      // Each side ends the other; what went wrong is told to whoever reads the compressed side.
      return pipeline(payload, compress, () => undefined);
    }
    if ((typeof payload !== 'string' && !Buffer.isBuffer(payload)) || payload.length < worthBytes) return payload;
    reply.header('content-encoding', encoding).removeHeader('content-length');
    return encoding === 'gzip' ? whole.gzip(payload, gzipOptions) : whole.zstd(payload, zstdOptions);
  });
}
