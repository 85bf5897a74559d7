import { BinnacleError } from '@binnacle/shared/errors.ts';
import { type Engine, quote } from '../engine/engine.ts';

/**
 * Before anything is made: that the server knows the cluster and each of its servers can say which replica it is, and that the
 * database, where it has tables, was made for this very cluster (or, without one, for a single server). Errors: `bad_config`,
 * `conflict`.
 */
export async function checkCluster(engine: Engine, database: string): Promise<void> {
  const { cluster } = engine;
  const [table] = await engine.rows<{ engine: string; full: string }>(
    `SELECT engine, engine_full AS full FROM system.tables WHERE database = ${quote(database)} AND name = 'schema_migration'`,
  );
  const madeFor = table === undefined ? undefined : clusterOf(table);
  if (cluster === undefined) {
    if (typeof madeFor === 'string') {
      throw new BinnacleError(
        'conflict',
        `The database ${database} is spread over the cluster ${madeFor}: set CLICKHOUSE_CLUSTER=${madeFor}, or name another database.`,
      );
    }
    return;
  }
  await checkServers(engine, cluster);
  if (madeFor === null) {
    throw new BinnacleError(
      'conflict',
      `The database ${database} was made on one server, without a cluster: leave CLICKHOUSE_CLUSTER out, or name another database in CLICKHOUSE_URL.`,
    );
  }
  if (madeFor !== undefined && madeFor !== cluster) {
    throw new BinnacleError(
      'conflict',
      `The database ${database} is spread over the cluster ${madeFor}, not over ${cluster}.`,
    );
  }
}

/** Name of the cluster of a distributed table; null for a table of one server. */
function clusterOf({ engine, full }: { readonly engine: string; readonly full: string }): string | null {
  if (engine !== 'Distributed') return null;
  return /^Distributed\(\s*['`]?([^'`,]+)['`]?\s*,/.exec(full)?.[1] ?? '';
}

async function checkServers(engine: Engine, cluster: string): Promise<void> {
  const known = await engine.rows<{ cluster: string }>('SELECT DISTINCT cluster FROM system.clusters ORDER BY cluster');
  if (!known.some((one) => one.cluster === cluster)) {
    const others = known.map((one) => one.cluster).slice(0, 10);
    const list = others.length === 0 ? 'none' : others.join(', ');
    throw new BinnacleError(
      'bad_config',
      `The ClickHouse server knows no cluster ${cluster}; it knows ${list}. See remote_servers in its configuration.`,
    );
  }
  const macros = await engine.rows<{ macro: string }>(`SELECT macro FROM system.macros`);
  const missing = ['shard', 'replica'].filter((name) => !macros.some(({ macro }) => macro === name));
  if (missing.length > 0) {
    throw new BinnacleError(
      'bad_config',
      `The ClickHouse server lacks the macro ${missing.join(' and ')}: each server of the cluster ${cluster} says by them which replica of which shard it is.`,
    );
  }
}
