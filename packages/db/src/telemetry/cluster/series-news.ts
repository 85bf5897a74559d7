import { LabelSet } from '@binnacle/shared/telemetry/labels.ts';
import type { Engine } from '../engine/engine.ts';
import { readBlocks } from '../engine/read-blocks.ts';
import type { LabelIndex } from '../series/label-index.ts';
import { newsKeptMs, seriesNews } from './series-news-table.ts';

/** News is read again for so long: an insert that began earlier may become visible later, and servers' clocks differ. */
const overlapMs = 15_000;
/** Ids that one statement asks labels for. */
const idsPerStatement = 50_000;

interface Span {
  readonly first: number;
  last: number;
}

/** Brings series that other processes wrote into the memory of this one. */
export class SeriesNews {
  readonly #engine: Engine;
  readonly #database: string;
  readonly #index: LabelIndex;
  /** ms since 1970 by the servers' clocks: all news before it is known here. */
  #knownToMs: number;

  private constructor(engine: Engine, database: string, index: LabelIndex, knownToMs: number) {
    this.#engine = engine;
    this.#database = database;
    this.#index = index;
    this.#knownToMs = knownToMs;
  }

  /** The time from which on news is news; ask before the index is loaded. */
  static async begin(engine: Engine): Promise<number> {
    return serverTime(engine);
  }

  static since(engine: Engine, database: string, index: LabelIndex, knownToMs: number): SeriesNews {
    return new SeriesNews(engine, database, index, knownToMs);
  }

  /**
   * Learns what was written since the last time. Spans only grow by it, so that one that is being written here is not lost.
   * Returns how many series are new here. After a failure the next call asks for the same and more.
   */
  async refresh(): Promise<number> {
    const now = await serverTime(this.#engine);
    const sinceMs = this.#knownToMs - overlapMs;
    // What is older is not in the news any more: all spans are looked through.
    const source =
      now - sinceMs < newsKeptMs / 2
        ? `${this.#database}.${seriesNews.name} WHERE at >= fromUnixTimestamp64Milli(${sinceMs}, 'UTC')`
        : `${this.#database}.series_span`;
    const unknown = new Map<bigint, Span>();
    const sql = `SELECT series, toUInt32(min(first_b)) AS first, toUInt32(max(last_b)) AS last FROM ${source} GROUP BY series`;
    for await (const { rows, columns } of readBlocks(this.#engine, sql, { heavy: true })) {
      const [ids, first, last] = columns.map(({ bytes }) => viewOf(bytes)) as [DataView, DataView, DataView];
      for (let row = 0; row < rows; row++) {
        const id = ids.getBigUint64(row * 8, true);
        const [from, to] = [first.getUint32(row * 4, true), last.getUint32(row * 4, true)];
        if (!this.#index.widen(id, from, to)) unknown.set(id, { first: from, last: to });
      }
    }
    const learnt = await this.#learn(unknown);
    this.#knownToMs = now;
    return learnt;
  }

  async #learn(unknown: ReadonlyMap<bigint, Span>): Promise<number> {
    const ids = [...unknown.keys()];
    let learnt = 0;
    for (let from = 0; from < ids.length; from += idsPerStatement) {
      const list = ids.slice(from, from + idsPerStatement).join(', ');
      const sql = `SELECT id, CAST(mapKeys(labels), 'Array(String)') AS names, mapValues(labels) AS vals FROM ${this.#database}.series WHERE id IN (${list}) LIMIT 1 BY id`;
      for await (const { rows, columns } of readBlocks(this.#engine, sql, { heavy: true })) {
        const [idColumn, names, values] = columns;
        const idView = viewOf(idColumn?.bytes as Uint8Array);
        for (let row = 0; row < rows; row++) {
          const id = idView.getBigUint64(row * 8, true);
          const span = unknown.get(id) as Span;
          const pairs: string[] = [];
          names?.lists?.[row]?.forEach((name, i) => {
            pairs.push(name, values?.lists?.[row]?.[i] as string);
          });
          // It may have come here meanwhile; then its span is wider by what is stored.
          if (!this.#index.widen(id, span.first, span.last)) {
            this.#index.restore(id, new LabelSet(pairs), span.first, span.last);
          }
          learnt++;
        }
      }
    }
    return learnt;
  }
}

async function serverTime(engine: Engine): Promise<number> {
  const [row] = await engine.rows<{ at: string }>('SELECT toString(toUnixTimestamp64Milli(now64(3))) AS at');
  return Number(row?.at);
}

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
