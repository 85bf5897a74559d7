import type { RecordedSample } from '../contract/recording-sink.ts';

/** Requests for tests: OTLP's JSON with one resource and one scope. */
export function jsonRequest(metrics: readonly object[], resource: Readonly<Record<string, string>> = {}): string {
  const attributes = Object.entries({ 'service.name': 'svc', ...resource }).map(([key, value]) => ({
    key,
    value: { stringValue: value },
  }));
  return JSON.stringify({ resourceMetrics: [{ resource: { attributes }, scopeMetrics: [{ metrics }] }] });
}

/** Posts a request and gives back status and parsed answer. */
export async function send(
  origin: string,
  metrics: readonly object[],
  resource?: Readonly<Record<string, string>>,
): Promise<{ status: number; rejected: number; message: string }> {
  const response = await fetch(`${origin}/v1/metrics`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: jsonRequest(metrics, resource),
  });
  const answer = (await response.json()) as {
    partialSuccess?: { rejectedDataPoints: string; errorMessage: string };
    message?: string;
  };
  return {
    status: response.status,
    rejected: Number(answer.partialSuccess?.rejectedDataPoints ?? 0),
    message: answer.partialSuccess?.errorMessage ?? answer.message ?? '',
  };
}

/** Nanoseconds of a time in ms, as JSON wants them. */
export const nanos = (ms: number): string => `${ms}000000`;

/** A bucket's `le`, or whatever label is asked for, against its value. */
export function valuesBy(samples: readonly RecordedSample[], label: string): Record<string, number | 'stale'> {
  return Object.fromEntries(samples.map(({ labels, value, stale }) => [labels[label] ?? '', stale ? 'stale' : value]));
}
