'use client';

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { z } from 'zod';
import { GatewayError } from './gateway-error.ts';
import { stateOf } from './hooks.ts';
import type { QueryState } from './query-state.ts';

/** Asks a route of the web app itself. Throws `GatewayError` with the route's own words. */
export async function askApp<T extends z.ZodType>(
  path: string,
  schema: T,
  options: { method?: 'POST' | 'PATCH' | 'DELETE'; body?: unknown; signal?: AbortSignal } = {},
): Promise<z.infer<T>> {
  const { method, signal } = options;
  let response: Response;
  try {
    response = await fetch(path, {
      method: method ?? 'GET',
      signal: signal ?? null,
      headers: { accept: 'application/json', ...(method === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(method === undefined ? {} : { body: JSON.stringify(options.body ?? {}) }),
    });
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw new GatewayError('upstream_failed', 'The web app does not answer. Is it still running?', 0, { cause });
  }
  let body: unknown;
  try {
    body = await response.json();
  } catch (cause) {
    throw new GatewayError('internal', `The web app answered ${response.status} without JSON.`, response.status, {
      cause,
    });
  }
  if (!response.ok) throw GatewayError.fromBody(body, response.status);
  const parsed = schema.safeParse(body);
  if (!parsed.success) throw new GatewayError('internal', `Unexpected answer of ${path.split('?')[0]}.`, 200);
  return parsed.data;
}

/** An answer of a route of the web app, refreshed with the page. `path` gives the address when it is asked. */
export function useApp<T extends z.ZodType>(
  key: readonly string[],
  path: () => string,
  schema: T,
  options: { enabled?: boolean; live?: boolean } = {},
): QueryState<z.infer<T>> {
  return stateOf(
    useQuery({
      queryKey: ['app', ...key],
      queryFn: ({ signal }) => askApp(path(), schema, { signal }),
      enabled: options.enabled !== false,
      retry: false,
      meta: { live: options.live !== false },
    }),
    undefined,
  );
}

/** Does a write, then asks anew for what it changed. `busy` names the write under way. */
export function useWrite(changes: readonly (readonly string[])[]) {
  const client = useQueryClient();
  const [busy, setBusy] = useState<string | null>(null);
  const [error, setError] = useState<string | null>(null);
  const write = async <T>(name: string, work: () => Promise<T>): Promise<T | undefined> => {
    setBusy(name);
    setError(null);
    try {
      const result = await work();
      await Promise.all(changes.map((key) => client.invalidateQueries({ queryKey: key })));
      return result;
    } catch (cause) {
      setError(cause instanceof Error ? cause.message : String(cause));
      return undefined;
    } finally {
      setBusy(null);
    }
  };
  return { write, busy, error, clear: () => setError(null) };
}
