import { BinnacleError, type ErrorCode } from '@binnacle/shared/errors.ts';
import { ZodError } from 'zod';

const byFastifyCode: Readonly<Record<string, { code: ErrorCode; message: string }>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: {
    code: 'body_too_large',
    message: 'the body is larger than this door takes (limits.bodyBytes)',
  },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    code: 'unsupported_media_type',
    message: 'this door does not take that Content-Type',
  },
  FST_ERR_CTP_EMPTY_TYPE: { code: 'unsupported_media_type', message: 'a Content-Type is needed' },
  FST_ERR_CTP_EMPTY_JSON_BODY: { code: 'malformed_body', message: 'the body is empty; JSON is expected' },
  FST_ERR_CTP_INVALID_JSON_BODY: { code: 'malformed_body', message: 'the body is not valid JSON' },
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: {
    code: 'malformed_body',
    message: 'the body is not as long as its Content-Length',
  },
  FST_ERR_BAD_URL: { code: 'bad_request', message: 'the URL is malformed' },
  FST_ERR_HANDLER_TIMEOUT: { code: 'over_capacity', message: 'the answer took too long; try again later' },
};

/** Any error as one of the catalogue. What is not foreseen is `internal`, and its text stays in the log. */
export function toBinnacleError(error: unknown): BinnacleError {
  if (error instanceof BinnacleError) return error;
  if (error instanceof ZodError) {
    const issue = error.issues[0];
    const where = issue === undefined || issue.path.length === 0 ? '' : `${issue.path.join('.')}: `;
    return new BinnacleError('bad_request', `${where}${issue?.message ?? 'not as expected'}`, { cause: error });
  }
  const { code, statusCode, message } = (typeof error === 'object' && error !== null ? error : {}) as {
    code?: string;
    statusCode?: number;
    message?: string;
  };
  const known = code === undefined ? undefined : byFastifyCode[code];
  if (known !== undefined) return new BinnacleError(known.code, known.message, { cause: error });
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
    return new BinnacleError('bad_request', message ?? 'the request is not as expected', { cause: error });
  }
  return new BinnacleError(
    'internal',
    'something failed inside the gateway; its log has the reason under this request id',
    { cause: error },
  );
}

/** Body of an error answer outside the Prometheus API, which has its own shape. */
export interface ErrorBody {
  readonly code: ErrorCode;
  readonly message: string;
  readonly requestId: string;
}
