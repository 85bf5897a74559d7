import type {
  GridAggregation,
  GridAnswer,
  GridFunction,
  GridMethod,
  GridReader,
  GridRequest,
} from '@binnacle/shared/telemetry/grid.ts';
import type { ScanRequest, SeriesEntry } from '@binnacle/shared/telemetry/reader.ts';
import { clickhouseErrorNumber } from '../engine/engine-errors.ts';
import { KeyOrder } from '../scan/key-order.ts';
import { type ScanPlace, scanSql } from '../scan/scan.ts';
import { bucketMs } from '../schema/tables.ts';
import type { BucketSpan } from '../sealed/bucket-ledger.ts';
import { type Asked, ask, countResets } from './ask.ts';
import { DoubtfulMetrics } from './doubtful-metrics.ts';
import { finished } from './finish.ts';
import { SelfTest } from './self-test.ts';
import { bucketsOfRequest, type GridSource, gridStatement } from './statement.ts';

/** An answer is worth a heavy slot of the pool when so many samples are behind it. */
const heavySamples = 150_000;
/** ClickHouse's times end in 2106. */
const maxTimeMs = 0xffffffff * 1000;
/** ClickHouse's number for a query that needs more memory than it may have. */
const outOfMemory = 241;

interface Log {
  warn(fields: object, message: string): void;
}

/**
 * Computing over samples within ClickHouse. What it computes otherwise than PromQL is found by tests and not offered: on a
 * server of some unknown version right away, with the engine in this process when a function is first wanted.
 */
export function openGridReader(scan: ScanPlace, place: GridReader['place'], log: Log | undefined): GridReader {
  const test = new SelfTest(scan.engine, (part) => {
    log?.warn({ part }, 'this ClickHouse computes it otherwise than PromQL: it is computed from samples');
  });
  if (place === 'remote') {
    void test.all().catch(() => {
      // The server went away meanwhile; what was not tested is tested when it is wanted.
    });
  }
  return new ClickHouseGrids(scan, place, test);
}

class ClickHouseGrids implements GridReader {
  readonly place: GridReader['place'];
  readonly #scan: ScanPlace;
  readonly #test: SelfTest;
  readonly #doubtful = new DoubtfulMetrics();

  constructor(scan: ScanPlace, place: GridReader['place'], test: SelfTest) {
    this.#scan = scan;
    this.place = place;
    this.#test = test;
  }

  offers(method: GridMethod, fn: GridFunction, aggregation: GridAggregation | undefined): boolean {
    return this.#test.offers(method, fn, aggregation);
  }

  async answer(request: GridRequest): Promise<GridAnswer> {
    const refusal = this.#refusal(request);
    if (refusal !== undefined) return { kind: 'declined', reason: refusal };
    if (!(await this.#test.passes(request.method, request.function, request.aggregation))) {
      return { kind: 'declined', reason: 'this ClickHouse computes it otherwise than PromQL' };
    }
    if (request.series.length === 0) return { kind: 'rows', rows: [], samplesRead: 0, bytes: 0 };
    const { engine, ledger } = this.#scan;
    const ended = ledger.beginRead();
    const source = this.#source(request);
    const heavy = this.expectedSamples(request.series, spanOf(request)) > heavySamples;
    try {
      const asked = await ask(engine, request, source, heavy);
      const answer = finished(request, asked);
      if (answer.kind === 'declined') this.#doubtful.remember(request, answer.reason);
      else if (needsResets(request, asked) && (await countResets(engine, request, source, heavy)) > 0) {
        return this.#doubtful.remember(request, 'a counter of broken numbers was reset');
      }
      this.#learn(request, asked.samples);
      return answer;
    } catch (error) {
      if (clickhouseErrorNumber(error) !== outOfMemory) throw error;
      return this.#doubtful.remember(request, 'the store would need too much memory');
    } finally {
      ended();
    }
  }

  describe(request: GridRequest): string {
    return request.series.length === 0 ? '' : gridStatement(request, this.#source(request));
  }

  describeScan(request: ScanRequest): string {
    return request.series.length === 0 ? '' : scanSql(this.#scan, request);
  }

  expectedSamples(series: readonly SeriesEntry[], spanMs: number): number {
    const [first] = series;
    return first === undefined ? 0 : (series.length * spanMs) / this.#scan.intervals.of(first.id);
  }

  #refusal(request: GridRequest): string | undefined {
    const { method, function: fn, aggregation, startMs, stepMs, windowMs, count } = request;
    if (!this.offers(method, fn, aggregation)) return 'the store does not offer this pair of functions';
    if (![startMs, stepMs, windowMs].every(Number.isInteger)) return 'times are not whole milliseconds';
    if (startMs < 0 || startMs + (count - 1) * stepMs > maxTimeMs)
      return 'times are outside of what the store can hold';
    return this.#doubtful.reason(request);
  }

  #source(request: GridRequest): GridSource {
    const { database, index, ledger } = this.#scan;
    const order = new KeyOrder(request.series, (id) => index.seriesOfMetricHash(id));
    const condition = order.condition(0, order.size);
    const { open, sealed } = ledger.placesOf(bucketsOfRequest(request));
    if (sealed === undefined) return { table: `${database}.samples`, condition };
    const where = (span: BucketSpan) => `WHERE b BETWEEN ${span.from} AND ${span.to} AND ${condition}`;
    const tables = [
      `SELECT b, series, fromUnixTimestamp64Milli(toInt64(b) * ${bucketMs} + time, 'UTC') AS ts, value FROM ` +
        `(SELECT b, series, times, vals FROM ${database}.sealed ${where(sealed)}) ARRAY JOIN times AS time, vals AS value`,
    ];
    if (open !== undefined) tables.push(`SELECT b, series, ts, value FROM ${database}.samples ${where(open)}`);
    return { table: `(${tables.join(' UNION ALL ')})`, condition: '1' };
  }

  #learn(request: GridRequest, samples: number): void {
    const [first] = request.series;
    if (first !== undefined) this.#scan.intervals.learn(first.id, samples, request.series.length * spanOf(request));
  }
}

const spanOf = ({ stepMs, count, windowMs }: GridRequest): number => (count - 1) * stepMs + windowMs;

/** Counters whose sums floats hold exactly come out the same with resets as without. */
function needsResets(request: GridRequest, { rows }: Asked): boolean {
  if (request.function !== 'rate' && request.function !== 'increase') return false;
  if (request.aggregation === 'count' || request.aggregation === 'group') return false;
  return rows.some(({ broken, top, mostSamples }) => broken > 0 || top * mostSamples >= 2 ** 53);
}
