import { BinnacleError } from '@binnacle/shared/errors.ts';
import { z } from 'zod';
import { below, expectOk, type HttpAccess, parseJson, request } from '../polling/bounded-http.ts';

const pageSize = 250;
const maxObjects = 100_000;
const maxPageBytes = 32 * 1024 * 1024;

/**
 * Lists a collection of the Kubernetes API in pages. A continue token that expired (410) starts the list over, once.
 * Throws `upstream_failed` with a sentence when any page is refused: half a list is none.
 */
export async function listObjects<T>(
  base: string,
  path: string,
  item: z.ZodType<T>,
  signal: AbortSignal,
  access: HttpAccess,
): Promise<T[]> {
  const page = z.object({
    metadata: z.object({ continue: z.string().nullish() }).nullish(),
    items: z.array(item).nullish(),
  });
  let items: T[] = [];
  let token: string | undefined;
  let restarted = false;
  for (;;) {
    const url = below(base, path, { limit: String(pageSize), continue: token });
    const answer = await request(url, {}, { signal, maxBytes: maxPageBytes }, access);
    if (answer.status === 410 && token !== undefined && !restarted) {
      restarted = true;
      token = undefined;
      items = [];
      continue;
    }
    expectOk(url, answer);
    const parsed = parseJson(url, answer.text, page);
    items = items.concat(parsed.items ?? []);
    token = parsed.metadata?.continue || undefined;
    if (items.length > maxObjects)
      throw new BinnacleError('upstream_failed', `${url.pathname} lists more than ${maxObjects} objects.`);
    if (token === undefined) return items;
  }
}
