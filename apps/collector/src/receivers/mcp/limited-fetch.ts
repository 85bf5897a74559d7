import { readFile } from 'node:fs/promises';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import type { FetchLike } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { RequestInit as UndiciRequestInit } from 'undici';

export interface LimitedFetch {
  readonly fetch: FetchLike;
  /** Ends every connection. */
  close(): Promise<void>;
}

/** A response, event streams included, ends after so many bytes; the next reading begins anew. */
const maxResponseBytes = 32 * 1024 * 1024;

/** `fetch` with connections of its own, so that they can be closed, a limit on what it reads, and a token from a file. */
export async function limitedFetch(options: {
  tokenFile?: string | undefined;
  caFile?: string | undefined;
}): Promise<LimitedFetch> {
  const undici = await import('undici');
  const ca = options.caFile === undefined ? undefined : await readOption(options.caFile);
  const agent = new undici.Agent({ ...(ca === undefined ? {} : { connect: { ca } }), connections: 8 });
  return {
    async fetch(url, init) {
      const headers = new Headers(init?.headers);
      if (options.tokenFile !== undefined)
        headers.set('authorization', `Bearer ${(await readOption(options.tokenFile)).trim()}`);
      const response = await undici.fetch(url, {
        ...(init as UndiciRequestInit),
        headers: Object.fromEntries(headers),
        dispatcher: agent,
      });
      if (response.body === null) return response as unknown as Response;
      let left = maxResponseBytes;
      const limit = new TransformStream<Uint8Array, Uint8Array>({
        transform(chunk, controller) {
          left -= chunk.byteLength;
          if (left < 0)
            controller.error(
              new BinnacleError('upstream_failed', `The server sent more than ${maxResponseBytes} bytes.`),
            );
          else controller.enqueue(chunk);
        },
      });
      const body = (response.body as unknown as ReadableStream<Uint8Array>).pipeThrough(limit);
      return new Response(body, {
        status: response.status,
        statusText: response.statusText,
        headers: Object.fromEntries(response.headers),
      });
    },
    close: () => agent.destroy(),
  };
}

async function readOption(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new BinnacleError('bad_config', `${path} cannot be read.`, { cause: error });
  }
}
