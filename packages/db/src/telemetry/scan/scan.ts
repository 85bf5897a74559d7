import { BinnacleError } from '@binnacle/shared/errors.ts';
import type { SampleBlock, ScanRequest } from '@binnacle/shared/telemetry/reader.ts';
import type { Engine } from '../engine/engine.ts';
import { clickhouseErrorNumber } from '../engine/engine-errors.ts';
import { readBlocks } from '../engine/read-blocks.ts';
import type { LabelIndex } from '../series/label-index.ts';
import { bucketsOf } from '../series/select.ts';
import { BlockMerger } from './block-merger.ts';
import { SeriesSet } from './series-set.ts';

/** An answer of up to this many rows (24 bytes each) comes quicker in one piece than as a stream. */
const rowsInOnePiece = 500_000;
/** A guess for choosing between the two; a wrong one costs milliseconds. */
const assumedIntervalMs = 10_000;
/** A small answer that turns out larger than this is asked for again as a stream. */
const rowsInOnePieceAtMost = 2_000_000;

/** Ends of the range that ClickHouse's times can hold. */
const maxTimeMs = 0xffffffff * 1000;

/**
 * The samples of a request, bucket by bucket. Errors: `query_limit` beyond `maxSamples` or the engine's memory limit,
 * `query_timeout`, `query_canceled` after the signal, `store_unavailable`.
 */
export async function* scanSamples(
  engine: Engine,
  database: string,
  index: LabelIndex,
  request: ScanRequest,
): AsyncGenerator<SampleBlock> {
  const fromMs = Math.max(0, Math.ceil(request.fromMs));
  const toMs = Math.min(maxTimeMs, Math.floor(request.toMs));
  if (request.series.length === 0 || !(toMs >= fromMs)) return;
  const set = new SeriesSet(request.series);
  const buckets = bucketsOf({ fromMs, toMs });
  const sql = [
    `SELECT series, ts, value FROM ${database}.samples`,
    `WHERE b BETWEEN ${buckets.from} AND ${buckets.to}`,
    `AND ${set.condition((id) => index.seriesOfMetricHash(id))}`,
    `AND ts BETWEEN fromUnixTimestamp64Milli(${fromMs}, 'UTC') AND fromUnixTimestamp64Milli(${toMs}, 'UTC')`,
    'ORDER BY b, series, ts',
  ].join(' ');

  const expectedRows = (request.series.length * (toMs - fromMs)) / assumedIntervalMs;
  if (expectedRows <= rowsInOnePiece) {
    let begun = false;
    try {
      for await (const block of mergedBlocks(engine, sql, set, request, false)) {
        begun = true;
        yield block;
      }
      return;
    } catch (error) {
      if (begun || clickhouseErrorNumber(error) !== tooManyRows) throw error;
    }
  }
  yield* mergedBlocks(engine, sql, set, request, true);
}

/** ClickHouse's number for a result larger than `max_result_rows`. */
const tooManyRows = 396;

async function* mergedBlocks(
  engine: Engine,
  sql: string,
  set: SeriesSet,
  request: ScanRequest,
  heavy: boolean,
): AsyncGenerator<SampleBlock> {
  const merger = new BlockMerger(set);
  let samples = 0;
  const counted = (block: SampleBlock): SampleBlock => {
    samples += block.length;
    if (samples > request.maxSamples) {
      throw new BinnacleError(
        'query_limit',
        `The query would read more than ${request.maxSamples} samples; narrow the time range or the selector.`,
      );
    }
    return block;
  };
  const options = heavy
    ? { heavy, signal: request.signal }
    : { heavy, signal: request.signal, maxResultRows: rowsInOnePieceAtMost };
  for await (const native of readBlocks(engine, sql, options)) {
    const block = counted(merger.push(native));
    if (block.length > 0) yield block;
  }
  const last = counted(merger.end());
  if (last.length > 0) yield last;
}
