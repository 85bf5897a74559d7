import type { BinnacleError, ErrorCode } from '@binnacle/shared/errors.ts';

/** The two encodings of OTLP/HTTP; an answer comes in that of its request. */
export type Encoding = 'protobuf' | 'json';

export const contentTypes: Record<Encoding, string> = { protobuf: 'application/x-protobuf', json: 'application/json' };

/** How JSON calls the number of rows that were refused; the message has the same form for all signals. */
export type RejectedField = 'rejectedDataPoints' | 'rejectedSpans' | 'rejectedLogRecords';

/** `ExportMetricsServiceResponse` and its kin; full success leaves `partial_success` out. */
export function exportAnswer(
  encoding: Encoding,
  rejected: number,
  message: string,
  rejectedField: RejectedField = 'rejectedDataPoints',
): Buffer {
  const full = rejected === 0 && message === '';
  if (encoding === 'json') {
    const partialSuccess = { [rejectedField]: String(rejected), errorMessage: message };
    return Buffer.from(JSON.stringify(full ? {} : { partialSuccess }));
  }
  if (full) return Buffer.alloc(0);
  const partial = Buffer.concat([integerField(1, rejected), textField(2, message)]);
  return Buffer.concat([Buffer.from([0x0a]), varint(partial.length), partial]);
}

/** Codes of google.rpc.Code for the errors of the catalogue; what is not named is INTERNAL. */
const rpcCodes: Partial<Record<ErrorCode, number>> = {
  bad_request: 3,
  malformed_body: 3,
  bad_labels: 3,
  bad_sample: 3,
  unsupported_media_type: 3,
  body_too_large: 8,
  unauthenticated: 16,
  forbidden: 7,
  not_found: 5,
  over_capacity: 14,
  store_unavailable: 14,
};

/** `google.rpc.Status`, the body of every error answer. */
export function statusAnswer(encoding: Encoding, error: BinnacleError): Buffer {
  const code = rpcCodes[error.code] ?? 13;
  if (encoding === 'json') return Buffer.from(JSON.stringify({ code, message: error.message }));
  return Buffer.concat([integerField(1, code), textField(2, error.message)]);
}

function integerField(number: number, value: number): Buffer {
  return Buffer.concat([Buffer.from([number * 8]), varint(value)]);
}

function textField(number: number, text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.from([number * 8 + 2]), varint(bytes.length), bytes]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  bytes.push(rest);
  return Buffer.from(bytes);
}
