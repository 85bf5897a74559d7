import { setImmediate } from 'node:timers/promises';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import type { SampleSlab, ScanRequest } from '@binnacle/shared/telemetry/reader.ts';
import type { Engine, ReadOptions } from '../engine/engine.ts';
import { canceled, clickhouseErrorNumber } from '../engine/engine-errors.ts';
import { readBlocks } from '../engine/read-blocks.ts';
import type { NativeBlockView } from '../native/native-reader.ts';
import { bucketMs } from '../schema/tables.ts';
import type { BucketLedger, BucketSpan } from '../sealed/bucket-ledger.ts';
import type { LabelIndex } from '../series/label-index.ts';
import { bucketsOf } from '../series/select.ts';
import { ahead } from './ahead.ts';
import type { ColumnPool } from './column-pool.ts';
import type { IntervalEstimates } from './interval-estimates.ts';
import { KeyOrder } from './key-order.ts';
import {
  narrowBlock,
  narrowColumns,
  narrowSpanMs,
  sealedBlock,
  sealedColumns,
  wideBlock,
  wideColumns,
} from './sample-columns.ts';
import { SlabBuilder } from './slab-builder.ts';

/** Up to this many rows are a small query: one thread, and a Session that heavy queries leave free. */
const smallRows = 150_000;
/**
 * Rows that one piece of a scan aims at. Smaller pieces pay the fixed cost of a query (some 5 ms) more often, larger ones
 * fill fresh memory and leave the other cores idle.
 */
const rowsPerPiece = 1_000_000;
/** From here on two pieces at a time are quicker than one. */
const rowsWorthTwo = 300_000;
/** Up to so many pairs of bucket and series are asked for one by one: a third less to plan, for a few samples too many. */
const mostPairs = 64;
/** A piece that turns out larger than this is cut. */
const rowsPerPieceAtMost = 4_000_000;
/** What a sample of `sealed` takes in an answer, in bytes. */
const bytesPerSealed = 12;
/** Pieces that are read while one is evaluated. */
const piecesAhead = 2;
/** A scan of more pieces than this is in no hurry: it reads one ahead, and leaves the rest of the machine to small queries. */
const piecesOfLargeScan = 8;

/** Ends of the range that ClickHouse's times can hold. */
const maxTimeMs = 0xffffffff * 1000;

/** ClickHouse's number for a result larger than `max_result_rows`. */
const tooManyRows = 396;

export interface ScanPlace {
  readonly engine: Engine;
  readonly database: string;
  readonly index: Pick<LabelIndex, 'seriesOfMetricHash'>;
  readonly ledger: Pick<BucketLedger, 'placesOf' | 'beginRead'>;
  readonly intervals: IntervalEstimates;
  readonly columns: ColumnPool;
}

/** Some of a scan's series, ascending by id: `from` to `to`, exclusive. */
interface Piece {
  readonly from: number;
  readonly to: number;
}

/**
 * The samples of a request, some series at a time: however long the range and many the series, memory holds a few pieces.
 * Errors: `query_limit` beyond `maxSamples` or the engine's memory limit, `query_timeout`, `query_canceled` after the
 * signal, `store_unavailable`.
 */
export async function* scanSamples(place: ScanPlace, request: ScanRequest): AsyncGenerator<SampleSlab> {
  const scan = new Scan(place, request);
  if (scan.isEmpty) return;
  const read = (piece: Piece, signal: AbortSignal) => scan.read(piece, signal);
  const most = scan.expectedRows > piecesOfLargeScan * rowsPerPiece ? 1 : piecesAhead;
  for await (const slabs of ahead(scan.pieces(), read, most, request.signal)) {
    yield* slabs;
    if (request.signal?.aborted === true) throw canceled(request.signal.reason);
  }
}

/** What a scan would ask ClickHouse, for `explain`: the statement of its first piece. */
export function scanSql(place: ScanPlace, request: ScanRequest): string {
  const scan = new Scan(place, request);
  const [first = { from: 0, to: 0 }] = scan.pieces();
  return scan.sql(first);
}

/** Pairs of the key for a few series; else 16 bytes a row where they hold everything, or 24. */
type Form = 'pairs' | 'narrow' | 'wide';

class Scan {
  readonly #place: ScanPlace;
  readonly #request: ScanRequest;
  /** Whole ms that the table can hold, both inclusive, and the buckets they lie in. */
  readonly #fromMs: number;
  readonly #toMs: number;
  readonly #buckets: { readonly from: number; readonly to: number };
  readonly #order: KeyOrder;
  #samples = 0;

  constructor(place: ScanPlace, request: ScanRequest) {
    this.#place = place;
    this.#request = request;
    this.#fromMs = Math.max(0, Math.ceil(request.fromMs));
    this.#toMs = Math.min(maxTimeMs, Math.floor(request.toMs));
    this.#buckets = bucketsOf({ fromMs: this.#fromMs, toMs: this.#toMs });
    this.#order = new KeyOrder(request.series, (id) => place.index.seriesOfMetricHash(id));
  }

  /** Whether there is nothing to ask for. */
  get isEmpty(): boolean {
    return this.#order.size === 0 || !(this.#toMs >= this.#fromMs);
  }

  /** What all pieces together are expected to bring, by the first series. */
  get expectedRows(): number {
    return this.#order.size * this.#expectedRowsOf(0);
  }

  /** Cuts the series into pieces; the size of each goes by what is known of the interval when its turn comes. */
  *pieces(): Generator<Piece> {
    const { size } = this.#order;
    for (let from = 0; from < size; ) {
      const perSeries = this.#expectedRowsOf(from);
      const left = size - from;
      const rows = left * perSeries;
      const pieces = Math.max(Math.ceil(rows / rowsPerPiece), from === 0 && rows > rowsWorthTwo ? 2 : 1);
      const to = from + Math.ceil(left / pieces);
      yield { from, to };
      from = to;
    }
  }

  /** The slabs of a piece: one, or several where it had to be cut. */
  async read(piece: Piece, signal: AbortSignal): Promise<SampleSlab[]> {
    const single = piece.to - piece.from === 1;
    try {
      return [await this.#slab(piece, signal, rowsPerPieceAtMost)];
    } catch (error) {
      if (clickhouseErrorNumber(error) !== tooManyRows) throw error;
    }
    if (single) return [await this.#slab(piece, signal, undefined)];
    this.#learn(piece, rowsPerPieceAtMost);
    const slabs: SampleSlab[] = [];
    for (const half of halves(piece)) slabs.push(...(await this.read(half, signal)));
    return slabs;
  }

  /** What a piece asks now, for people: one statement, or two. */
  sql(piece: Piece): string {
    const { open, sealed } = this.#place.ledger.placesOf(this.#buckets);
    const statements: string[] = [];
    if (sealed !== undefined) statements.push(this.#sealedSql(piece, sealed));
    if (open !== undefined) statements.push(this.#openSql(piece, open, this.#form(piece, open, true)));
    return statements.join(';\n');
  }

  #openSql(piece: Piece, buckets: BucketSpan, form: Form): string {
    const table = `${this.#place.database}.samples`;
    if (form === 'pairs') {
      return `SELECT ${wideColumns} FROM ${table} PREWHERE ${this.#order.pairs(piece.from, piece.to, buckets)}`;
    }
    return [
      `SELECT ${form === 'narrow' ? narrowColumns(this.#fromMs) : wideColumns} FROM ${table}`,
      `WHERE b BETWEEN ${buckets.from} AND ${buckets.to}`,
      `AND ${this.#order.condition(piece.from, piece.to)}`,
      `AND ts BETWEEN fromUnixTimestamp64Milli(${this.#fromMs}, 'UTC') AND fromUnixTimestamp64Milli(${this.#toMs}, 'UTC')`,
    ].join(' ');
  }

  #sealedSql(piece: Piece, buckets: BucketSpan): string {
    const select = `SELECT ${sealedColumns} FROM ${this.#place.database}.sealed`;
    if (pairsOf(piece, buckets) <= mostPairs) {
      return `${select} PREWHERE ${this.#order.pairs(piece.from, piece.to, buckets)}`;
    }
    return `${select} WHERE b BETWEEN ${buckets.from} AND ${buckets.to} AND ${this.#order.condition(piece.from, piece.to)}`;
  }

  /** How to ask for a piece in `samples`. */
  #form(piece: Piece, buckets: BucketSpan, lowHalvesDiffer: boolean): Form {
    if (pairsOf(piece, buckets) <= mostPairs) return 'pairs';
    return lowHalvesDiffer && this.#toMs - this.#fromMs <= narrowSpanMs ? 'narrow' : 'wide';
  }

  async #slab(piece: Piece, signal: AbortSignal, maxRows: number | undefined): Promise<SampleSlab> {
    const { engine, ledger, columns } = this.#place;
    const { maxSamples } = this.#request;
    const set = this.#order.set(piece.from, piece.to);
    const builder = new SlabBuilder(set, columns, { fromMs: this.#fromMs, toMs: this.#toMs });
    const heavy = set.size * this.#expectedRowsOf(piece.from) > smallRows;
    let counted = 0;
    const take = async (sql: string, options: ReadOptions, push: (block: NativeBlockView) => void) => {
      for await (const block of readBlocks(engine, sql, options)) {
        push(block);
        this.#samples += builder.samples - counted;
        counted = builder.samples;
        if (this.#samples > maxSamples) throw tooMany(maxSamples);
      }
    };
    const bounded = (rows: number, bytes: number) =>
      maxRows === undefined ? {} : { maxResultRows: rows, settings: [`max_result_bytes = ${bytes}`] };
    const options = { heavy, signal, threads: 1 };
    const ended = ledger.beginRead();
    try {
      const { open, sealed } = ledger.placesOf(this.#buckets);
      const reads: Promise<void>[] = [];
      if (sealed !== undefined) {
        const sealedOptions = { ...options, ...bounded(rowsPerPieceAtMost, rowsPerPieceAtMost * bytesPerSealed) };
        reads.push(
          take(this.#sealedSql(piece, sealed), sealedOptions, (block) =>
            builder.pushSealed(sealedBlock(block), bucketMs),
          ),
        );
      }
      if (open !== undefined) {
        const form = this.#form(piece, open, set.lowHalvesDiffer);
        const toColumns = form === 'narrow' ? (block: NativeBlockView) => narrowBlock(block, this.#fromMs) : wideBlock;
        const openOptions = { ...options, ...bounded(rowsPerPieceAtMost, 0) };
        reads.push(take(this.#openSql(piece, open, form), openOptions, (block) => builder.push(toColumns(block))));
      }
      await allEnded(reads);
    } finally {
      ended();
    }
    this.#learn(piece, builder.samples);
    // What else waits for this thread comes in between the two halves of the work on a large answer.
    if (heavy) await setImmediate();
    return await builder.finish();
  }

  #expectedRowsOf(at: number): number {
    return Math.max(1, (this.#toMs - this.#fromMs) / this.#place.intervals.of(this.#order.idAt(at)));
  }

  #learn(piece: Piece, rows: number): void {
    const spanMs = (piece.to - piece.from) * (this.#toMs - this.#fromMs);
    this.#place.intervals.learn(this.#order.idAt(piece.from), rows, spanMs);
  }
}

const pairsOf = (piece: Piece, buckets: BucketSpan): number =>
  (piece.to - piece.from) * (buckets.to - buckets.from + 1);

/** Waits for all, also where one fails, and then rejects as the first that failed. */
async function allEnded(reads: readonly Promise<void>[]): Promise<void> {
  if (reads.length < 2) return reads[0];
  const outcomes = await Promise.allSettled(reads);
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
}

function halves({ from, to }: Piece): Piece[] {
  const middle = from + Math.ceil((to - from) / 2);
  return [
    { from, to: middle },
    { from: middle, to },
  ];
}

const tooMany = (maxSamples: number): BinnacleError =>
  new BinnacleError(
    'query_limit',
    `The query would read more than ${maxSamples} samples; narrow the time range or the selector.`,
  );
