import type { ErrorCode } from '@binnacle/shared/errors.ts';

/** Why a question to the gateway failed, with the gateway's own words. `status` 0: no answer at all. */
export class GatewayError extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  /** Place in the expression that the gateway points at, both from 1. */
  readonly position: { readonly line: number; readonly column: number } | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    status: number,
    options: { cause?: unknown; position?: { line: number; column: number } } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = 'GatewayError';
    this.code = code;
    this.status = status;
    this.position = options.position;
  }

  /** From an error body: the Prometheus form (`errorType`, `error`) or ours (`code`, `message`). */
  static fromBody(body: unknown, status: number): GatewayError {
    const fields = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
    const nested =
      typeof fields.error === 'object' && fields.error !== null ? (fields.error as Record<string, unknown>) : fields;
    const message = [nested.message, fields.message, fields.error].find(
      (text) => typeof text === 'string' && text !== '',
    );
    const code =
      [nested.code, fields.code].find((text) => typeof text === 'string') ?? codeOf(fields.errorType, status);
    const text = typeof message === 'string' ? message : `The gateway answered ${status}.`;
    const at = /(\d+):(\d+): parse error/.exec(text);
    const position = at === null ? undefined : { line: Number(at[1]), column: Number(at[2]) };
    return new GatewayError(code as ErrorCode, text, status, position === undefined ? {} : { position });
  }
}

function codeOf(errorType: unknown, status: number): ErrorCode {
  if (status === 401) return 'unauthenticated';
  if (status === 403) return 'forbidden';
  if (errorType === 'bad_data') return 'query_invalid';
  if (errorType === 'timeout') return 'query_timeout';
  if (errorType === 'canceled') return 'query_canceled';
  if (errorType === 'execution') return 'query_failed';
  if (status === 502 || status === 504) return 'upstream_failed';
  if (status === 503) return 'over_capacity';
  return 'internal';
}
