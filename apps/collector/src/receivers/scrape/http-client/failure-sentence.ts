import { BinnacleError } from '@binnacle/shared/errors.ts';

const causes: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'cannot be reached: nothing listens there',
  ENOTFOUND: 'cannot be reached: its name cannot be resolved',
  EAI_AGAIN: 'cannot be reached: its name cannot be resolved',
  EHOSTUNREACH: 'cannot be reached: there is no route to it',
  ENETUNREACH: 'cannot be reached: there is no route to it',
  UND_ERR_CONNECT_TIMEOUT: 'cannot be reached: the connection takes too long',
  UND_ERR_SOCKET: 'broke off in the middle of its answer',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'broke off in the middle of its answer',
  ECONNRESET: 'broke off in the middle of its answer',
};

/** What went wrong with a request, without raw error text; `caOption` is the option that names a certificate authority. */
export function failureSentence(error: unknown, caOption: string): BinnacleError {
  if (error instanceof BinnacleError) return error;
  const failed = (message: string) => new BinnacleError('upstream_failed', message, { cause: error });
  const code = codeOf(error);
  const known = causes[code];
  if (known !== undefined) return failed(known);
  if (/CERT|SELF_SIGNED|UNABLE_TO_|ALTNAME/.test(code))
    return failed(`has a certificate that is not trusted; set ${caOption}`);
  return failed(code.startsWith('HPE_') ? 'does not speak HTTP' : 'cannot be read: the connection failed');
}

function codeOf(error: unknown): string {
  const { code, cause, errors: several } = error as { code?: unknown; cause?: unknown; errors?: unknown[] };
  if (typeof code === 'string') return code;
  if (several?.[0] !== undefined) return codeOf(several[0]);
  return cause === undefined || cause === null ? '' : codeOf(cause);
}
