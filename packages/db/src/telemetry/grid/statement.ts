import type { GridAggregation, GridRequest } from '@binnacle/shared/telemetry/grid.ts';
import { bucketMs } from '../schema/tables.ts';
import { countsOnly, gridFunctions } from './allowed.ts';
import { bucketsOfResample, resampleColumns } from './resample-columns.ts';

/** Where samples come from: rows `b, series, ts, value`, and the condition that finds those of the request. */
export interface GridSource {
  /** A table, or a sub-query in parentheses. */
  readonly table: string;
  readonly condition: string;
}

/** Grid functions are behind this setting of ClickHouse. */
export const gridSettings = ['allow_experimental_time_series_aggregate_functions = 1'] as const;

/** Bits of a stale marker. As a float it is a NaN, which no comparison finds. */
const stale = 'reinterpretAsUInt64(value) = 9218868437227405314';
/**
 * Neither NaN nor near the end of the floats: of such values ClickHouse and the evaluator agree on every sum. Whether
 * others occur is counted, and then nothing is promised.
 */
const ordinary = 'abs(value) < 1e290';
/** In place of a series that was not asked for, or of none. */
const nobody = 4294967295;

const at = (ms: number): string => `fromUnixTimestamp64Milli(${ms}, 'UTC')`;
/** Decimal seconds: a float would be refused, and would not be exact. */
const seconds = (ms: number): string => `toDecimal64('${ms / 1000}', 3)`;

const parametersOf = ({ startMs, stepMs, count, windowMs }: GridRequest): string =>
  [at(startMs), at(startMs + (count - 1) * stepMs), seconds(stepMs), seconds(windowMs)].join(', ');

const nullable = (expression: string): string => `CAST(${expression}, 'Array(Nullable(Float64))')`;

/**
 * What ClickHouse reads of each row. A stale marker of `last` stands as -Inf, which its grid functions take for smaller
 * than any number: of samples with equal times the same one wins as in a scan.
 */
function readValue(request: GridRequest): string {
  if (request.function === 'last') {
    return countsOnly('last', request.aggregation) ? `toFloat64(NOT (${stale}))` : `if(${stale}, -inf, value)`;
  }
  return countsOnly(request.function, request.aggregation) ? '1.' : 'value';
}

function gridOf(request: GridRequest): string {
  const grid = `${gridFunctions[request.function]}(${parametersOf(request)})(ts, ${readValue(request)})`;
  if (request.function !== 'last') return grid;
  const absent = countsOnly('last', request.aggregation) ? '0' : '-inf';
  return `arrayMap(v -> if(v = ${absent}, NULL, v), ${grid})`;
}

const magnitudes = 'arrayMap(v -> abs(v), x)';

/** The columns of a group; the first holds the answer or what it is made of, the rest say how far to trust it. */
export function aggregateColumns(aggregation: GridAggregation | undefined, quantile: number | undefined): string[] {
  switch (aggregation) {
    case undefined:
      return ['x'];
    case 'sum':
      return ['sumKahanForEach(x)', `sumForEach(${magnitudes})`];
    case 'avg':
      return ['sumKahanForEach(x)', `sumForEach(${magnitudes})`, nullable('countForEach(x)')];
    case 'count':
    case 'group':
      return [nullable('countForEach(x)')];
    case 'min':
    case 'max':
      return [`${aggregation}ForEach(x)`];
    case 'stddev':
    case 'stdvar':
      return ['varPopStableForEach(x)', `maxForEach(${magnitudes})`];
    case 'quantile':
      return [`quantileExactInclusiveForEach(${quantile})(x)`];
  }
}

/** Counts rows that would make the answer doubtful. */
function doubtful(request: GridRequest): string {
  if (countsOnly(request.function, request.aggregation) || request.function === 'count_over_time') return 'toUInt64(0)';
  const odd = request.function === 'last' ? `NOT (${ordinary}) AND NOT (${stale})` : `NOT (${ordinary})`;
  // Between a value below and one above 0 an interpolation may lose its digits.
  return request.aggregation === 'quantile' ? `countIf((${odd}) OR value < 0)` : `countIf(${odd})`;
}

/** Facts about the rows of each series that stand beside its answer. */
const facts = (request: GridRequest): string =>
  `count() AS n, ${doubtful(request)} AS odd, countIf(${ordinary} AND value != trunc(value)) AS broken, maxIf(abs(value), ${ordinary}) AS top`;

/** First and last ms of the samples behind a request. */
function rangeOf({ startMs, stepMs, count, windowMs }: GridRequest): {
  readonly fromMs: number;
  readonly toMs: number;
} {
  return { fromMs: Math.max(0, startMs - windowMs + 1), toMs: startMs + (count - 1) * stepMs };
}

/** The buckets that they lie in, both inclusive. */
export function bucketsOfRequest(request: GridRequest): { readonly from: number; readonly to: number } {
  const { fromMs, toMs } = rangeOf(request);
  return { from: Math.floor(fromMs / bucketMs), to: Math.floor(toMs / bucketMs) };
}

function conditionOf(request: GridRequest, source: GridSource): string {
  const { fromMs, toMs } = rangeOf(request);
  const { from, to } = bucketsOfRequest(request);
  const conditions = [`b BETWEEN ${from} AND ${to}`, source.condition, `ts BETWEEN ${at(fromMs)} AND ${at(toMs)}`];
  if (request.function !== 'last') conditions.push(`NOT (${stale})`);
  return conditions.join(' AND ');
}

const base64Of = (array: BigUint64Array | Uint32Array): string =>
  Buffer.from(array.buffer, array.byteOffset, array.byteLength).toString('base64');

/** A series id as its place in the request. */
function placeOf(request: GridRequest): string {
  const ids = BigUint64Array.from(request.series, ({ id }) => id);
  const list = `reinterpret(base64Decode('${base64Of(ids)}'), 'Array(UInt64)')`;
  return `transform(series, ${list}, range(toUInt32(${ids.length})), toUInt32(${nobody}))`;
}

function groupOf({ aggregation, groupOf: groups }: GridRequest): string {
  if (aggregation === undefined || groups === undefined) return 's';
  if (groups.every((group) => group === 0)) return 'toUInt32(0)';
  return `reinterpret(base64Decode('${base64Of(groups)}'), 'Array(UInt32)')[s + 1]`;
}

/** Columns that come before the arrays of each row of an answer. */
export const scalarColumns = ['g', 'one', 'rows', 'most', 'odd', 'repeats', 'broken', 'top'] as const;

/** The statement of a request. Nothing in it comes from outside but whole numbers, ids and a quantile. */
export function gridStatement(request: GridRequest, source: GridSource): string {
  const where = conditionOf(request, source);
  if (request.method === 'resample') {
    const columns = resampleColumns(request, bucketsOfResample(request));
    const arrays = columns.arrays.map((column, i) => `${nullable(column)} AS a${i}`).join(', ');
    const perSeries = `SELECT series, ${facts(request)}, ${columns.repeats} AS repeats, ${arrays} FROM ${source.table} WHERE ${where} GROUP BY series`;
    const names = columns.arrays.map((_, i) => `a${i}`).join(', ');
    return `SELECT ${placeOf(request)} AS g, g AS one, n AS rows, n AS most, odd, repeats, broken, top, ${names} FROM (${perSeries}) WHERE g < ${nobody}`;
  }
  const perSeries = `SELECT series, ${facts(request)}, ${gridOf(request)} AS x FROM ${source.table} WHERE ${where} GROUP BY series`;
  const placed = `SELECT ${placeOf(request)} AS s, n, odd, broken, top, x FROM (${perSeries}) WHERE s < ${nobody}`;
  const columns = aggregateColumns(request.aggregation, request.quantile).map((column, i) => `${column} AS a${i}`);
  if (request.aggregation === undefined) {
    return `SELECT s AS g, s AS one, n AS rows, n AS most, odd, toUInt64(0) AS repeats, broken, top, ${columns.join(', ')} FROM (${placed})`;
  }
  return `SELECT ${groupOf(request)} AS g, min(s) AS one, sum(n) AS rows, max(n) AS most, sum(odd) AS odd, toUInt64(0) AS repeats, sum(broken) AS broken, max(top) AS top, ${columns.join(', ')} FROM (${placed}) GROUP BY g`;
}

/**
 * How many series of the request had a reset anywhere. ClickHouse mends counters by adding and taking away what was lost
 * at each reset, which leaves a rest where the numbers are no whole ones.
 */
export function resetsStatement(request: GridRequest, source: GridSource): string {
  const { startMs, stepMs, count, windowMs } = request;
  const end = at(startMs + (count - 1) * stepMs);
  const span = seconds(windowMs + (count - 1) * stepMs);
  const resets = `timeSeriesResetsToGrid(${end}, ${end}, ${seconds(1000)}, ${span})(ts, value)`;
  return `SELECT countIf(arrayExists(v -> v > 0, r)) AS n FROM (SELECT ${resets} AS r FROM ${source.table} WHERE ${conditionOf(request, source)} GROUP BY series)`;
}
