import { BinnacleError } from '@binnacle/shared/errors.ts';
import type { Engine } from '../engine/engine.ts';
import { quote } from '../engine/engine.ts';

/**
 * ALP (Afroozeh, Kuffo, Boncz: "ALP: Adaptive Lossless floating-Point Compression", SIGMOD 2024) reads several times faster than
 * ZSTD alone, and stores decimals as printed by exporters in less. ClickHouse has it since 26.6, behind a setting.
 */
const alp = 'ALP, ZSTD(1)';

/** Bit patterns that a codec may lose: zero's sign, subnormals, extremes, infinities, NaNs with a payload, the stale marker. */
const difficult = [
  '0000000000000000',
  '8000000000000000',
  '0000000000000001',
  '7fefffffffffffff',
  '7ff0000000000000',
  'fff0000000000000',
  '7ff8000000000001',
  '7ff0000000000002',
  'fff8000000000000',
  '3fb999999999999a',
  '4059000000000000',
];

interface ValueColumn {
  readonly table: string;
  readonly name: string;
  readonly type: string;
  readonly codec: string;
}

/**
 * Lets the values of samples be stored by ALP where the engine has it and gives every bit back; elsewhere they stay as the tables
 * were made. Parts that exist are rewritten as they are merged. Returns whether that is news to the database.
 */
export async function chooseValueCodec(engine: Engine, database: string): Promise<boolean> {
  // Servers of a cluster may be of several versions: their tables stay as they were made.
  if (engine.cluster !== undefined) return false;
  const columns = await engine.rows<ValueColumn>(
    'SELECT table, name, type, compression_codec AS codec FROM system.columns ' +
      `WHERE database = ${quote(database)} AND (table, name) IN (('samples', 'value'), ('sealed', 'vals'), ('sealing', 'vals'))`,
  );
  const others = columns.filter(({ codec }) => !codec.includes('ALP'));
  if (others.length === 0 || !(await keepsEveryBit(engine, `${database}.codec_probe`))) return false;
  for (const { table, name, type } of others) {
    await engine.command(
      `ALTER TABLE ${database}.${table} MODIFY COLUMN ${name} ${type} CODEC(${alp}) SETTINGS allow_experimental_codecs = 1`,
    );
  }
  return true;
}

/** Stores the difficult patterns among decimals, several blocks of the codec long, and compares what comes back. */
async function keepsEveryBit(engine: Engine, table: string): Promise<boolean> {
  const patterns = difficult.map((hex) => `0x${hex}`).join(', ');
  const bits =
    `if(n % 97 < ${difficult.length}, arrayElement(CAST([${patterns}], 'Array(UInt64)'), toUInt32(n % 97) + 1), ` +
    'reinterpretAsUInt64(round(n / 7, n % 4)))';
  try {
    await engine.command(`DROP TABLE IF EXISTS ${table}`);
    await engine.command(
      `CREATE TABLE ${table} (n UInt32, value Float64 CODEC(${alp})) ENGINE = MergeTree ORDER BY n ` +
        'SETTINGS min_bytes_for_wide_part = 0, allow_experimental_codecs = 1',
    );
    await engine.command(`INSERT INTO ${table} SELECT number AS n, reinterpretAsFloat64(${bits}) FROM numbers(10000)`);
    const [row] = await engine.rows<{ rows: string; lost: string }>(
      `SELECT toString(count()) AS rows, toString(countIf(reinterpretAsUInt64(value) != ${bits})) AS lost FROM ${table}`,
    );
    await engine.command(`DROP TABLE ${table}`);
    return row?.rows === '10000' && row.lost === '0';
  } catch (error) {
    // An engine without the codec refuses the table; one that fails in another way fails again where it matters.
    if (error instanceof BinnacleError) return false;
    throw error;
  }
}
