import { z } from 'zod';
import { type BinaryMatrix, binaryMatrixType, decodeBinaryMatrix } from './binary-matrix.ts';
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

/** What an answer cost. What the gateway does not tell is undefined, never 0. */
export interface QueryCost {
  /** Series that the selectors read. */
  readonly seriesRead: number | undefined;
  readonly samplesRead: number | undefined;
  /** In the gateway, ms. */
  readonly gatewayMs: number | undefined;
  /** From the question to the parsed answer, ms. */
  readonly totalMs: number;
  /** Of the answer. */
  readonly bytes: number;
}

interface Notes {
  /** What puts the answer in doubt. */
  readonly warnings: readonly string[];
  /** What puts the question in doubt. */
  readonly infos?: readonly string[];
  /** Only where it was asked for. */
  readonly cost?: QueryCost | undefined;
}

export interface RangeAnswer extends Notes {
  readonly series: readonly Series[];
  readonly fromMs: number;
  readonly toMs: number;
  readonly stepSeconds: number;
}

export interface InstantAnswer extends Notes {
  readonly samples: readonly Sample[];
  readonly timeMs: number;
  /** What the expression gave: of a range vector, `samples` are the newest. */
  readonly kind?: 'vector' | 'scalar' | 'string' | 'matrix';
  /** The answer of a string expression, which has no samples. */
  readonly text?: string;
}

const labels = z.record(z.string(), z.string());
const point = z.tuple([z.number(), z.string()]);
const envelope = z.object({
  status: z.enum(['success', 'error']),
  data: z.unknown(),
  errorType: z.string().optional(),
  error: z.string().optional(),
  warnings: z.array(z.string()).optional(),
  infos: z.array(z.string()).optional(),
});
const statsData = z.object({
  stats: z.object({
    timings: z.object({ execTotalTime: z.number().optional() }).optional(),
    samples: z.object({ samplesRead: z.number().optional(), totalQueryableSamples: z.number().optional() }).optional(),
    series: z.number().optional(),
  }),
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
  return (await askMeasured(path, parameters, signal)).body;
}

/** More than this is no URL for every proxy: it travels as a form. */
const longestQueryString = 4000;

/** The answer and how many bytes it was. */
async function askMeasured(
  path: string,
  parameters: Record<string, string | readonly string[]>,
  signal?: AbortSignal,
): Promise<{ body: unknown; bytes: number }> {
  return jsonOf(await request(path, parameters, 'application/json', signal));
}

async function request(
  path: string,
  parameters: Record<string, string | readonly string[]>,
  accept: string,
  signal?: AbortSignal,
): Promise<Response> {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    for (const one of typeof value === 'string' ? [value] : value) query.append(name, one);
  }
  const search = query.toString();
  const asForm = search.length > longestQueryString;
  try {
    return await fetch(asForm ? `/gateway${path}` : `/gateway${path}?${search}`, {
      signal: signal ?? null,
      headers: { accept },
      ...(asForm ? { method: 'POST', body: query } : {}),
    });
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw new GatewayError('upstream_failed', 'The web app does not answer. Is it still running?', 0, { cause });
  }
}

async function jsonOf(response: Response): Promise<{ body: unknown; bytes: number }> {
  const bytes = new Uint8Array(await response.arrayBuffer());
  let body: unknown;
  try {
    body = JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw new GatewayError(
      'upstream_failed',
      `The gateway answered ${response.status} without JSON.`,
      response.status,
      { cause },
    );
  }
  if (!response.ok) throw GatewayError.fromBody(body, response.status);
  return { body, bytes: bytes.byteLength };
}

/** The `data` of a Prometheus answer, with its warnings and infos. */
async function askPrometheus(
  path: string,
  parameters: Record<string, string | readonly string[]>,
  signal?: AbortSignal,
) {
  return envelopeOf(await askMeasured(path, parameters, signal));
}

function envelopeOf({ body, bytes }: { body: unknown; bytes: number }) {
  const parsed = envelope.safeParse(body);
  if (!parsed.success)
    throw new GatewayError('upstream_failed', 'The gateway gave an answer that is not the Prometheus API.', 200);
  if (parsed.data.status === 'error') throw GatewayError.fromBody(parsed.data, 422);
  return { data: parsed.data.data, warnings: parsed.data.warnings ?? [], infos: parsed.data.infos ?? [], bytes };
}

function matrixOf(buffer: ArrayBuffer): BinaryMatrix & { readonly bytes: number } {
  try {
    return { ...decodeBinaryMatrix(buffer), bytes: buffer.byteLength };
  } catch (cause) {
    throw new GatewayError('upstream_failed', 'The gateway gave an answer that cannot be read.', 200, { cause });
  }
}

/** What the answer says of its cost; undefined where it was not asked for. */
function costOf(data: unknown, bytes: number, askedAtMs: number): QueryCost | undefined {
  const parsed = statsData.safeParse(data);
  if (!parsed.success) return undefined;
  const { timings, samples, series } = parsed.data.stats;
  const seconds = timings?.execTotalTime;
  return {
    seriesRead: series,
    samplesRead: samples?.samplesRead ?? samples?.totalQueryableSamples,
    gatewayMs: seconds === undefined ? undefined : seconds * 1e3,
    totalMs: performance.now() - askedAtMs,
    bytes,
  };
}

export interface QueryOptions {
  /** Asks what the query costs, too. */
  readonly cost?: boolean;
}

function decode<T>(schema: z.ZodType<T>, data: unknown): T {
  const parsed = schema.safeParse(data);
  if (!parsed.success)
    throw new GatewayError('upstream_failed', 'The gateway gave an answer that is not the Prometheus API.', 200);
  return parsed.data;
}

/**
 * The expression at each step of the range, both ends included. Asks for the numbers as they are, and reads JSON where
 * the gateway answers with that: errors always are.
 */
export async function queryRange(
  expr: string,
  range: { fromMs: number; toMs: number; stepSeconds: number },
  signal?: AbortSignal,
  options: QueryOptions = {},
): Promise<RangeAnswer> {
  const askedAtMs = performance.now();
  const response = await request(
    '/api/v1/query_range',
    {
      query: expr,
      start: String(range.fromMs / 1e3),
      end: String(range.toMs / 1e3),
      step: String(range.stepSeconds),
      ...(options.cost ? { stats: 'all' } : {}),
    },
    `${binaryMatrixType}, application/json;q=0.9`,
    signal,
  );
  if (response.ok && response.headers.get('content-type')?.startsWith(binaryMatrixType)) {
    const matrix = matrixOf(await response.arrayBuffer());
    const cost = costOf({ stats: matrix.stats }, matrix.bytes, askedAtMs);
    return { series: matrix.series, ...range, warnings: matrix.warnings, infos: matrix.infos, cost };
  }
  const { data, warnings, infos, bytes } = envelopeOf(await jsonOf(response));
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
  return { series, ...range, warnings, infos, cost: costOf(data, bytes, askedAtMs) };
}

/** The expression at one moment; a scalar comes as one sample without labels, a matrix as its newest samples, a string as `text`. */
export async function queryInstant(
  expr: string,
  timeMs: number,
  signal?: AbortSignal,
  options: QueryOptions = {},
): Promise<InstantAnswer> {
  const askedAtMs = performance.now();
  const { data, warnings, infos, bytes } = await askPrometheus(
    '/api/v1/query',
    { query: expr, time: String(timeMs / 1e3), ...(options.cost ? { stats: 'all' } : {}) },
    signal,
  );
  const answer = decode(instantData, data);
  const sample = (metric: Record<string, string>, [time, value]: [number, string]): Sample => ({
    labels: metric,
    timeMs: Math.round(time * 1e3),
    value: parseValue(value),
  });
  const rest = { kind: answer.resultType, timeMs, warnings, infos, cost: costOf(data, bytes, askedAtMs) };
  if (answer.resultType === 'string') return { ...rest, samples: [], text: answer.result[1] };
  let samples: Sample[];
  if (answer.resultType === 'vector') samples = answer.result.map((r) => sample(r.metric, r.value));
  else if (answer.resultType === 'matrix') {
    samples = answer.result.flatMap((r) => (r.values.length > 0 ? [sample(r.metric, r.values.at(-1)!)] : []));
  } else samples = [sample({}, answer.result)];
  return { ...rest, samples };
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

/** The expression in the house form. Refuses what does not parse or type-check, with the place. */
export async function formatQuery(expr: string, signal?: AbortSignal): Promise<string> {
  const { data } = await askPrometheus('/api/v1/format_query', { query: expr }, signal);
  return decode(z.string(), data);
}

/** Names of labels, of the series that a selector gives where there is one. */
export async function listLabelNames(selector?: string, signal?: AbortSignal): Promise<string[]> {
  const { data } = await askPrometheus('/api/v1/labels', selector === undefined ? {} : { 'match[]': selector }, signal);
  return decode(z.array(z.string()), data);
}

const metricMetadata = z.object({ type: z.string(), help: z.string(), unit: z.string().default('') });
export type MetricMetadata = z.infer<typeof metricMetadata>;

/** Type, help and unit of metric families, by family. One family may be told in several ways. */
export async function listMetadata(signal?: AbortSignal): Promise<Record<string, MetricMetadata[]>> {
  const { data } = await askPrometheus('/api/v1/metadata', {}, signal);
  return decode(z.record(z.string(), z.array(metricMetadata)), data);
}

/** Parts of the language by name, and whether the gateway has them on. */
export async function listLanguageFeatures(signal?: AbortSignal): Promise<Record<string, boolean>> {
  const { data } = await askPrometheus('/api/v1/features', {}, signal);
  const rooms = decode(z.record(z.string(), z.record(z.string(), z.boolean())), data);
  return { ...rooms.promql, ...rooms.promql_functions, ...rooms.promql_operators };
}
