import { BinnacleError } from '@binnacle/shared/errors.ts';
import { type Attributes, SpanStatusCode, trace } from '@opentelemetry/api';

/**
 * Runs the work inside a span of the OpenTelemetry API, which costs nothing until an SDK is installed. A failure sets
 * the span's status to the error's code; raw error text stays out of attributes.
 */
export async function withSpan<T>(name: string, attributes: Attributes, work: () => Promise<T>): Promise<T> {
  return trace.getTracer('binnacle').startActiveSpan(name, { attributes }, async (span) => {
    try {
      return await work();
    } catch (error) {
      const code = error instanceof BinnacleError ? error.code : 'internal';
      span.setAttribute('error.type', code);
      span.setStatus({ code: SpanStatusCode.ERROR, message: code });
      throw error;
    } finally {
      span.end();
    }
  });
}
