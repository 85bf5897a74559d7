/**
 * The error catalogue: every refusal and failure that leaves a door of Binnacle is one of these.
 * A code is stable and safe as a metric label; the message is for people and never becomes a label.
 */
export const errorCatalogue = {
  bad_request: { status: 400, retry: false },
  bad_config: { status: 400, retry: false },
  malformed_body: { status: 400, retry: false },
  bad_labels: { status: 400, retry: false },
  bad_sample: { status: 400, retry: false },
  unauthenticated: { status: 401, retry: false },
  forbidden: { status: 403, retry: false },
  not_found: { status: 404, retry: false },
  method_not_allowed: { status: 405, retry: false },
  request_timeout: { status: 408, retry: false },
  conflict: { status: 409, retry: false },
  body_too_large: { status: 413, retry: false },
  unsupported_media_type: { status: 415, retry: false },
  query_invalid: { status: 400, retry: false },
  query_failed: { status: 422, retry: false },
  query_limit: { status: 422, retry: false },
  query_timeout: { status: 503, retry: true },
  query_canceled: { status: 499, retry: false },
  over_capacity: { status: 503, retry: true },
  disk_full: { status: 503, retry: true },
  store_unavailable: { status: 503, retry: true },
  state_unavailable: { status: 503, retry: true },
  upstream_failed: { status: 502, retry: true },
  blocked_address: { status: 400, retry: false },
  internal: { status: 500, retry: false },
} as const satisfies Record<string, { status: number; retry: boolean }>;

export type ErrorCode = keyof typeof errorCatalogue;

/** An error with a stable code, the HTTP status it maps to, and whether the sender may try again. */
export class BinnacleError extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  readonly retry: boolean;
  /** Seconds for a `Retry-After` header; only with `retry`. */
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ErrorCode, message: string, options: { cause?: unknown; retryAfterSeconds?: number } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'BinnacleError';
    this.code = code;
    this.status = errorCatalogue[code].status;
    this.retry = errorCatalogue[code].retry;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}
