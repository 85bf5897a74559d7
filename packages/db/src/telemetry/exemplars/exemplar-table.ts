import { type LabelPairs, LabelSet } from '@binnacle/shared/telemetry/labels.ts';
import type { Matcher, TimeRange } from '@binnacle/shared/telemetry/reader.ts';
import type { SampleBatch, SampleExemplar } from '@binnacle/shared/telemetry/sample-batch.ts';
import { altered } from '../cluster/placement.ts';
import type { Engine } from '../engine/engine.ts';
import { runMutation } from '../lifecycle/mutation.ts';
import { bytesOf, nativeBlock, stringColumn } from '../native/native-writer.ts';
import { setTtl } from '../schema/migrate.ts';
import { compileMatcher } from '../series/label-matcher.ts';
import { exemplars } from './tables.ts';

/** Exemplars point at traces, and outlive them by little. */
const maxDays = 14;
/** Rows looked at for one selector, the newest first. */
const maxRowsRead = 50_000;
/** Hashes in one statement that deletes. */
const seriesPerDeletion = 5_000;

const columns = ['metric', 'ts', 'series', 'labels', 'value'] as const;

interface StoredExemplar {
  readonly series: string;
  readonly labels: string;
  readonly atMs: string;
  readonly bits: string;
}

/** The exemplars that came with samples. Errors are `BinnacleError`s, `store_unavailable` where ClickHouse fails. */
export class ExemplarTable {
  readonly #engine: Engine;
  readonly #table: string;
  readonly #database: string;

  constructor(engine: Engine, database: string) {
    this.#engine = engine;
    this.#database = database;
    this.#table = `${database}.${exemplars.name}`;
  }

  /** Sets how long exemplars are kept: as long as samples, and not longer than two weeks. */
  async applyRetention(days: number | null): Promise<void> {
    await setTtl(
      this.#engine,
      this.#database,
      exemplars.name,
      `toDateTime(ts) + toIntervalDay(${Math.min(maxDays, days ?? maxDays)})`,
    );
  }

  /** Resolves when the exemplars of the batches are in the table. */
  async put(batches: readonly SampleBatch[]): Promise<void> {
    const rows = batches.flatMap((batch) => batch.exemplars);
    if (rows.length === 0) return;
    const at = BigInt64Array.from(rows, ({ timestampMs }) => BigInt(timestampMs));
    const values = Float64Array.from(rows, ({ value }) => value);
    await this.#engine.insertNative(
      this.#table,
      columns,
      nativeBlock(rows.length, [
        { name: 'metric', type: 'String', data: stringColumn(rows.map(({ series }) => series.metricName)) },
        { name: 'ts', type: "DateTime64(3, 'UTC')", data: [bytesOf(at)] },
        { name: 'series', type: 'String', data: stringColumn(rows.map(({ series }) => JSON.stringify(series.pairs))) },
        { name: 'labels', type: 'String', data: stringColumn(rows.map(({ labels }) => JSON.stringify(labels.pairs))) },
        { name: 'value', type: 'Float64', data: [bytesOf(values)] },
      ]),
    );
  }

  /**
   * Deletes the exemplars in the range (both ends inclusive) of every series that one of the matcher sets selects. Series
   * are named to the engine by a hash of 64 bits, so that no text of a label becomes part of a statement.
   */
  async delete(matcherSets: readonly (readonly Matcher[])[], range: TimeRange): Promise<void> {
    const [from, to] = bounds(range);
    const within = `ts BETWEEN fromUnixTimestamp64Milli(${from}, 'UTC') AND fromUnixTimestamp64Milli(${to}, 'UTC')`;
    const rows = await this.#engine.rows<{ series: string; hash: string }>(
      `SELECT series, toString(cityHash64(series)) AS hash FROM ${this.#table} WHERE ${within} GROUP BY series`,
    );
    const sets = matcherSets.map((matchers) => matchers.map(compileMatcher));
    const hashes: string[] = [];
    for (const { series, hash } of rows) {
      const labels = new LabelSet(JSON.parse(series) as LabelPairs);
      if (sets.some((tests) => tests.every((test) => test.matches(labels.get(test.name) ?? '')))) hashes.push(hash);
    }
    for (let at = 0; at < hashes.length; at += seriesPerDeletion) {
      const some = hashes.slice(at, at + seriesPerDeletion).join(', ');
      await runMutation(
        this.#engine,
        this.#database,
        exemplars.name,
        `ALTER TABLE ${altered(this.#engine, this.#database, exemplars.name)} DELETE WHERE ${within} AND cityHash64(series) IN (${some}) SETTINGS mutations_sync = 0`,
      );
    }
  }

  /** Exemplars of the series that match, both ends of the range inclusive, in time order; of very many the newest. */
  async select(matchers: readonly Matcher[], range: TimeRange): Promise<SampleExemplar[]> {
    const [from, to] = bounds(range);
    const conditions = ['ts >= fromUnixTimestamp64Milli({from:Int64})', 'ts <= fromUnixTimestamp64Milli({to:Int64})'];
    const parameters: Record<string, string | number> = {
      from,
      to,
      limit: maxRowsRead,
    };
    const named = matchers.find(({ name, op }) => name === '__name__' && op === '=');
    if (named !== undefined) {
      conditions.push('metric = {metric:String}');
      parameters.metric = named.value;
    }
    const rows = await this.#engine.rows<StoredExemplar>(
      'SELECT series, labels, toString(toUnixTimestamp64Milli(ts)) AS atMs, toString(reinterpretAsUInt64(value)) AS bits ' +
        `FROM ${this.#table} FINAL WHERE ${conditions.join(' AND ')} ORDER BY ts DESC LIMIT {limit:UInt32}`,
      parameters,
    );
    const tests = matchers.map(compileMatcher);
    const known = new Map<string, LabelSet | undefined>();
    const found: SampleExemplar[] = [];
    for (const row of rows) {
      if (!known.has(row.series)) {
        const series = new LabelSet(JSON.parse(row.series) as LabelPairs);
        known.set(row.series, tests.every((test) => test.matches(series.get(test.name) ?? '')) ? series : undefined);
      }
      const series = known.get(row.series);
      if (series === undefined) continue;
      const labels = new LabelSet(JSON.parse(row.labels) as LabelPairs);
      found.push({ series, labels, timestampMs: Number(row.atMs), value: doubleOf(BigInt(row.bits)) });
    }
    return found.reverse();
  }
}

/** The last time that the table's partitions can say. */
const latestMs = 4_294_944_000_000;

/** Whole ms that the table can hold, both inclusive. */
const bounds = ({ fromMs, toMs }: TimeRange): readonly [number, number] => [
  Math.max(0, Math.ceil(fromMs)),
  Math.min(latestMs, Math.floor(toMs)),
];

const word = new DataView(new ArrayBuffer(8));

/** A float by its bits: as JSON some have no text. */
function doubleOf(bits: bigint): number {
  word.setBigUint64(0, bits);
  return word.getFloat64(0);
}
