import { z } from 'zod';
import { GatewayError } from './gateway-error.ts';

// The content security policy forbids eval, which zod would otherwise try for compiled parsers.
z.config({ jitless: true });

/** One series over time. A point that the engine left out is simply absent; NaN and infinities stay what they are. */
export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  /** ms since 1970, ascending */
  readonly times: readonly number[];
  readonly values: readonly number[];
}

/** One series at one moment. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly timeMs: number;
  readonly value: number;
}

export interface RangeAnswer {
  readonly series: readonly Series[];
  readonly fromMs: number;
  readonly toMs: number;
  readonly stepSeconds: number;
  readonly warnings: readonly string[];
}

export interface InstantAnswer {
  readonly samples: readonly Sample[];
  readonly timeMs: number;
  readonly warnings: readonly string[];
}

const labels = z.record(z.string(), z.string());
const point = z.tuple([z.number(), z.string()]);
const envelope = z.object({
  status: z.enum(['success', 'error']),
  data: z.unknown(),
  errorType: z.string().optional(),
  error: z.string().optional(),
  warnings: z.array(z.string()).optional(),
});
const instantData = z.discriminatedUnion('resultType', [
  z.object({ resultType: z.literal('vector'), result: z.array(z.object({ metric: labels, value: point })) }),
  z.object({ resultType: z.literal('scalar'), result: point }),
  z.object({ resultType: z.literal('string'), result: point }),
  z.object({ resultType: z.literal('matrix'), result: z.array(z.object({ metric: labels, values: z.array(point) })) }),
]);
const matrixData = z.object({
  resultType: z.literal('matrix'),
  result: z.array(z.object({ metric: labels, values: z.array(z.unknown()) })),
});

/** A sample value as the Prometheus API writes it: a decimal, `NaN`, `+Inf` or `-Inf`. */
export function parseValue(text: string): number {
  if (text === '+Inf' || text === 'Inf') return Number.POSITIVE_INFINITY;
  if (text === '-Inf') return Number.NEGATIVE_INFINITY;
  return Number(text);
}

/** Asks a read door of the gateway through the web app. Throws `GatewayError`. */
export async function askGateway(
  path: string,
  parameters: Record<string, string | readonly string[]> = {},
  signal?: AbortSignal,
): Promise<unknown> {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    for (const one of typeof value === 'string' ? [value] : value) query.append(name, one);
  }
  let response: Response;
  try {
    response = await fetch(`/gateway${path}?${query}`, {
      signal: signal ?? null,
      headers: { accept: 'application/json' },
    });
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw new GatewayError('upstream_failed', 'The web app does not answer. Is it still running?', 0, { cause });
  }
  const text = await response.text();
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (cause) {
    throw new GatewayError(
      'upstream_failed',
      `The gateway answered ${response.status} without JSON.`,
      response.status,
      { cause },
    );
  }
  if (!response.ok) throw GatewayError.fromBody(body, response.status);
  return body;
}

/** The `data` of a Prometheus answer, with its warnings. */
async function askPrometheus(
  path: string,
  parameters: Record<string, string | readonly string[]>,
  signal?: AbortSignal,
) {
  const parsed = envelope.safeParse(await askGateway(path, parameters, signal));
  if (!parsed.success)
    throw new GatewayError('upstream_failed', 'The gateway gave an answer that is not the Prometheus API.', 200);
  if (parsed.data.status === 'error') throw GatewayError.fromBody(parsed.data, 422);
  return { data: parsed.data.data, warnings: parsed.data.warnings ?? [] };
}

function decode<T>(schema: z.ZodType<T>, data: unknown): T {
  const parsed = schema.safeParse(data);
  if (!parsed.success)
    throw new GatewayError('upstream_failed', 'The gateway gave an answer that is not the Prometheus API.', 200);
  return parsed.data;
}

/** The expression at each step of the range, both ends included. */
export async function queryRange(
  expr: string,
  range: { fromMs: number; toMs: number; stepSeconds: number },
  signal?: AbortSignal,
): Promise<RangeAnswer> {
  const { data, warnings } = await askPrometheus(
    '/api/v1/query_range',
    { query: expr, start: String(range.fromMs / 1e3), end: String(range.toMs / 1e3), step: String(range.stepSeconds) },
    signal,
  );
  const { result } = decode(matrixData, data);
  const series = result.map(({ metric, values }) => {
    const times = new Array<number>(values.length);
    const numbers = new Array<number>(values.length);
    for (let i = 0; i < values.length; i++) {
      const pair = values[i] as [unknown, unknown];
      if (!Array.isArray(pair) || typeof pair[0] !== 'number' || typeof pair[1] !== 'string') {
        throw new GatewayError('upstream_failed', 'The gateway gave a sample that is not [time, "value"].', 200);
      }
      times[i] = Math.round(pair[0] * 1e3);
      numbers[i] = parseValue(pair[1]);
    }
    return { labels: metric, times, values: numbers };
  });
  return { series, ...range, warnings };
}

/** The expression at one moment; a scalar comes as one sample without labels, a matrix as its newest samples. */
export async function queryInstant(expr: string, timeMs: number, signal?: AbortSignal): Promise<InstantAnswer> {
  const { data, warnings } = await askPrometheus('/api/v1/query', { query: expr, time: String(timeMs / 1e3) }, signal);
  const answer = decode(instantData, data);
  const sample = (metric: Record<string, string>, [time, value]: [number, string]): Sample => ({
    labels: metric,
    timeMs: Math.round(time * 1e3),
    value: parseValue(value),
  });
  let samples: Sample[];
  if (answer.resultType === 'vector') samples = answer.result.map((r) => sample(r.metric, r.value));
  else if (answer.resultType === 'matrix') {
    samples = answer.result.flatMap((r) => (r.values.length > 0 ? [sample(r.metric, r.values.at(-1)!)] : []));
  } else samples = [sample({}, answer.result)];
  return { samples, timeMs, warnings };
}

/** Label sets of series that match any of the selectors in the range. */
export async function listSeries(
  selectors: readonly string[],
  range: { fromMs: number; toMs: number },
  signal?: AbortSignal,
): Promise<Record<string, string>[]> {
  const { data } = await askPrometheus(
    '/api/v1/series',
    { 'match[]': selectors, start: String(range.fromMs / 1e3), end: String(range.toMs / 1e3), limit: '5000' },
    signal,
  );
  return decode(z.array(labels), data);
}

/** Values of a label, narrowed by a selector where one is given. */
export async function listLabelValues(name: string, selector?: string, signal?: AbortSignal): Promise<string[]> {
  const { data } = await askPrometheus(
    `/api/v1/label/${encodeURIComponent(name)}/values`,
    selector === undefined ? {} : { 'match[]': selector },
    signal,
  );
  return decode(z.array(z.string()), data);
}

const alert = z.object({
  labels,
  annotations: labels.default({}),
  state: z.enum(['pending', 'firing']),
  activeAt: z.string().nullish(),
  value: z.coerce.string().nullish(),
});
const ruleGroups = z.object({
  groups: z.array(
    z.object({
      name: z.string(),
      rules: z.array(z.object({ name: z.string(), query: z.string(), alerts: z.array(alert).default([]) })),
    }),
  ),
});

/** One thing that is pending or firing, with the rule that says so. */
export type ActiveAlert = z.infer<typeof alert> & {
  /** Layer of the rule: the gateway groups rules by it. */
  readonly layer: string;
  readonly expr: string;
};

/** What is pending or firing now. Asks for the rules, since alerts alone do not name their layer. */
export async function listAlerts(signal?: AbortSignal): Promise<ActiveAlert[]> {
  const { data } = await askPrometheus('/api/v1/rules', { type: 'alert' }, signal);
  return decode(ruleGroups, data).groups.flatMap(({ name: layer, rules }) =>
    rules.flatMap(({ alerts, query: expr }) => alerts.map((one) => ({ ...one, layer, expr }))),
  );
}
