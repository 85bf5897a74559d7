import type { MetricMetadata, MetricType, SampleBatch } from '@binnacle/shared/telemetry/sample-batch.ts';
import type { Engine } from './engine/engine.ts';
import { bytesOf, nativeBlock, stringColumn } from './native/native-writer.ts';

const columns = ['family', 'type', 'help', 'unit', 'version'] as const;

interface StoredMetadata extends MetricMetadata {
  readonly type: MetricType;
  readonly stored: string;
}

/** Clocks of gateways differ, and an insert takes its time. */
const overlapMs = 60_000;

/** What expositions say of metric families: all of it in memory, and stored when it changes. The newest word stands. */
export class MetadataTable {
  readonly #engine: Engine;
  readonly #table: string;
  #version = 0;
  readonly #families = new Map<string, MetricMetadata>();
  /** ms since 1970 by the clock of whoever stored it. */
  #newestVersion = 0;

  constructor(engine: Engine, database: string) {
    this.#engine = engine;
    this.#table = `${database}.metric_metadata`;
  }

  async load(): Promise<void> {
    await this.#learn('');
  }

  /** Learns what other processes stored since the last time. */
  async refresh(): Promise<void> {
    await this.#learn(`WHERE version > ${Math.max(0, this.#newestVersion - overlapMs)}`);
  }

  async #learn(condition: string): Promise<void> {
    const sql = `SELECT family, type, help, unit, toString(version) AS stored FROM ${this.#table} FINAL ${condition}`;
    for (const { family, type, help, unit, stored } of await this.#engine.rows<StoredMetadata>(sql)) {
      this.#families.set(family, { family, type, help, unit });
      this.#newestVersion = Math.max(this.#newestVersion, Number(stored));
    }
  }

  get(family?: string): MetricMetadata[] {
    if (family === undefined) return [...this.#families.values()];
    const found = this.#families.get(family);
    return found === undefined ? [] : [found];
  }

  /** Stores what the batches say that is not known yet. One writer at a time. */
  async put(batches: readonly SampleBatch[]): Promise<void> {
    const changed = new Map<string, MetricMetadata>();
    for (const batch of batches) {
      for (const said of batch.metadata) {
        const known = changed.get(said.family) ?? this.#families.get(said.family);
        if (known === undefined || known.type !== said.type || known.help !== said.help || known.unit !== said.unit) {
          changed.set(said.family, said);
        }
      }
    }
    if (changed.size === 0) return;
    const rows = [...changed.values()];
    // Also after the clock was set back the later word stands.
    this.#version = Math.max(this.#version + 1, Date.now());
    const versions = new BigUint64Array(rows.length).fill(BigInt(this.#version));
    await this.#engine.insertNative(
      this.#table,
      columns,
      nativeBlock(rows.length, [
        { name: 'family', type: 'String', data: stringColumn(rows.map((row) => row.family)) },
        { name: 'type', type: 'String', data: stringColumn(rows.map((row) => row.type)) },
        { name: 'help', type: 'String', data: stringColumn(rows.map((row) => row.help)) },
        { name: 'unit', type: 'String', data: stringColumn(rows.map((row) => row.unit)) },
        { name: 'version', type: 'UInt64', data: [bytesOf(versions)] },
      ]),
    );
    for (const { family, type, help, unit } of rows) this.#families.set(family, { family, type, help, unit });
  }
}
