/**
 * What became of one attempt. retry: later, not before `retryAtMs` where the service said so (`throttled`: nothing else
 * of the channel either). gone: the service says the address is no more. dead: trying again would not help.
 */
export type Outcome =
  | { readonly kind: 'sent'; readonly status: number }
  | {
      readonly kind: 'retry';
      readonly status: number | null;
      readonly reason: string;
      readonly retryAtMs: number | null;
    }
  | { readonly kind: 'gone'; readonly status: number | null; readonly reason: string }
  | { readonly kind: 'dead'; readonly status: number | null; readonly reason: string };

const maxRetryAfterMs = 86_400_000;

/** A pause that a service asked for, as a time: a day ahead at most. */
export function retryAt(pauseMs: number, nowMs: number): number {
  return nowMs + Math.min(Math.max(pauseMs, 0), maxRetryAfterMs);
}
