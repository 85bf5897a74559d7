import { setTimeout as delay } from 'node:timers/promises';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import { ofEachServer, storedName } from '../cluster/placement.ts';
import { type Engine, quote } from '../engine/engine.ts';

interface Row {
  readonly id: string;
  readonly host: string;
  readonly done: number;
  readonly failed: string;
}

/**
 * Runs a mutation (`DELETE FROM`, `ALTER TABLE … DELETE`, `… UPDATE`) and resolves when every part shows it. The statement
 * must return at once (`mutations_sync = 0`, `lightweight_deletes_sync = 0`): inserts go on while the engine works, and what
 * they bring is not touched. A mutation that cannot be done is taken back: `store_unavailable`, and it may be asked for again.
 */
export async function runMutation(engine: Engine, database: string, table: string, sql: string): Promise<void> {
  const before = new Set((await mutations(engine, database, table)).map(nameOf));
  await engine.command(sql);
  for (let waitMs = 5; ; waitMs = Math.min(250, waitMs * 2)) {
    const open = (await mutations(engine, database, table)).filter((one) => one.done === 0 && !before.has(nameOf(one)));
    if (open.length === 0) return;
    const failed = open.find((mutation) => mutation.failed !== '');
    if (failed !== undefined) {
      const on = engine.cluster === undefined ? '' : ` ON CLUSTER ${quote(engine.cluster)}`;
      await engine.command(
        `KILL MUTATION${on} WHERE database = ${quote(database)} AND table = ${quote(storedName(engine, table))} AND mutation_id = ${quote(failed.id)}`,
      );
      throw new BinnacleError('store_unavailable', `The telemetry store could not change its table ${table}.`, {
        cause: new Error(failed.failed),
        retryAfterSeconds: 30,
      });
    }
    await delay(waitMs);
  }
}

function mutations(engine: Engine, database: string, table: string): Promise<Row[]> {
  return engine.rows<Row>(
    'SELECT mutation_id AS id, hostName() AS host, toUInt8(is_done) AS done, latest_fail_reason AS failed ' +
      `FROM ${ofEachServer(engine, 'mutations')} WHERE database = ${quote(database)} AND table = ${quote(storedName(engine, table))}`,
  );
}

/** Servers number their mutations each for itself. */
const nameOf = ({ host, id }: Row) => `${host} ${id}`;
