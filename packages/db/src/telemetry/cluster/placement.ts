import { type Engine, quote } from '../engine/engine.ts';
import { localName } from '../schema/cluster-form.ts';

type Place = Pick<Engine, 'cluster'>;

/** The name of the table that has the rows: what `system.parts` and its like know. */
export const storedName = (engine: Place, table: string): string =>
  engine.cluster === undefined ? table : localName(table);

/** A table as `ALTER TABLE`, `DELETE FROM` and `TRUNCATE TABLE` name it: a distributed table takes none of them. */
export function altered(engine: Place, database: string, table: string): string {
  const on = engine.cluster === undefined ? '' : ` ON CLUSTER ${quote(engine.cluster)}`;
  return `${database}.${storedName(engine, table)}${on}`;
}

/** `system.<name>` of one replica of each shard: every row of the tables is counted once. */
export const ofEachShard = (engine: Place, name: string): string =>
  engine.cluster === undefined ? `system.${name}` : `cluster(${quote(engine.cluster)}, system.${name})`;

/** `system.<name>` of every server. */
export const ofEachServer = (engine: Place, name: string): string =>
  engine.cluster === undefined ? `system.${name}` : `clusterAllReplicas(${quote(engine.cluster)}, system.${name})`;
