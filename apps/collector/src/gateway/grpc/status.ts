import type { BinnacleError, ErrorCode } from '@binnacle/shared/errors.ts';
import { Metadata, type ServerInterceptingCall, status } from '@grpc/grpc-js';
import { ProtobufWriter } from '../../receivers/otlp/protobuf-writer.ts';

/** What the library ends a call with. */
export type CallStatus = Parameters<ServerInterceptingCall['sendStatus']>[0];

/** Codes for the errors that are not worth another try; what is not named is INTERNAL. */
const codes: Partial<Record<ErrorCode, status>> = {
  bad_request: status.INVALID_ARGUMENT,
  malformed_body: status.INVALID_ARGUMENT,
  bad_labels: status.INVALID_ARGUMENT,
  bad_sample: status.INVALID_ARGUMENT,
  unsupported_media_type: status.INVALID_ARGUMENT,
  // Not RESOURCE_EXHAUSTED: senders of OTLP read that as "later", and the same message never fits.
  body_too_large: status.INVALID_ARGUMENT,
  unauthenticated: status.UNAUTHENTICATED,
  forbidden: status.PERMISSION_DENIED,
  not_found: status.NOT_FOUND,
  // What senders of OTLP try again, at their own pace.
  request_timeout: status.UNAVAILABLE,
};

const maxDetailsCharacters = 1000;

/**
 * An error of the catalogue as gRPC says it. What may be tried again is UNAVAILABLE, with the time to wait in
 * `google.rpc.RetryInfo` (https://opentelemetry.io/docs/specs/otlp/#otlpgrpc-throttling).
 */
export function statusOf(error: BinnacleError): { code: status; details: string; metadata: Metadata } {
  // Text that is cut in the middle of a character cannot be written into a header.
  const details = error.message.slice(0, maxDetailsCharacters).toWellFormed();
  const metadata = new Metadata();
  if (!error.retry) return { code: codes[error.code] ?? status.INTERNAL, details, metadata };
  metadata.set('grpc-status-details-bin', retryDetails(details, error.retryAfterSeconds ?? 5));
  return { code: status.UNAVAILABLE, details, metadata };
}

/** `google.rpc.Status` with one detail: `google.rpc.RetryInfo`. */
function retryDetails(message: string, seconds: number): Buffer {
  const writer = new ProtobufWriter(256);
  writer.tag(1, 0);
  writer.varint(status.UNAVAILABLE);
  writer.tag(2, 2);
  writer.text(message, 'utf8');
  writer.tag(3, 2);
  const detail = writer.beginMessage();
  writer.tag(1, 2);
  writer.text('type.googleapis.com/google.rpc.RetryInfo', 'utf8');
  writer.tag(2, 2);
  const retryInfo = writer.beginMessage();
  writer.tag(1, 2);
  const delay = writer.beginMessage();
  writer.tag(1, 0);
  writer.varint(Math.max(1, Math.ceil(seconds)));
  writer.endMessage(delay);
  writer.endMessage(retryInfo);
  writer.endMessage(detail);
  return writer.done();
}

/**
 * A status that the gRPC library gives by itself. Bytes that a sender got wrong are the sender's fault, not an internal
 * error of ours; all else stays as it is.
 */
export function ownStatus(given: CallStatus, maxBytes: number): CallStatus {
  const details = given.details ?? '';
  if (given.code === status.INTERNAL && details === 'Failed to decompress message')
    return { ...given, code: status.INVALID_ARGUMENT, details: 'the message is not valid gzip or deflate' };
  if (given.code === status.INTERNAL && details.startsWith('Invalid grpc-timeout'))
    return { ...given, code: status.INVALID_ARGUMENT, details: 'grpc-timeout is malformed' };
  if (given.code === status.RESOURCE_EXHAUSTED)
    return { ...given, details: `the message is larger than the ${maxBytes} bytes that are taken (limits.bodyBytes)` };
  return given;
}
