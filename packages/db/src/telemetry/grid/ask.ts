import type { GridRequest } from '@binnacle/shared/telemetry/grid.ts';
import type { Engine } from '../engine/engine.ts';
import { readBlocks } from '../engine/read-blocks.ts';
import { type AnswerRow, decodeRows } from './decode.ts';
import { type GridSource, gridSettings, gridStatement, resetsStatement } from './statement.ts';

/** What ClickHouse answered to a request. */
export interface Asked {
  readonly rows: readonly AnswerRow[];
  readonly samples: number;
  readonly bytes: number;
}

/** Runs the statement of a request. */
export async function ask(engine: Engine, request: GridRequest, source: GridSource, heavy: boolean): Promise<Asked> {
  const options = { heavy, signal: request.signal, settings: gridSettings };
  const rows: AnswerRow[] = [];
  let bytes = 0;
  for await (const block of readBlocks(engine, gridStatement(request, source), options)) {
    rows.push(...decodeRows(block));
    for (const column of block.columns) bytes += column.bytes.byteLength + (column.floatLists?.nulls.byteLength ?? 0);
  }
  return { rows, samples: rows.reduce((sum, row) => sum + row.samples, 0), bytes };
}

/** How many series of the request were reset. */
export async function countResets(
  engine: Engine,
  request: GridRequest,
  source: GridSource,
  heavy: boolean,
): Promise<number> {
  const options = { heavy, signal: request.signal, settings: gridSettings };
  let resets = 0;
  for await (const { rows, columns } of readBlocks(engine, resetsStatement(request, source), options)) {
    const bytes = columns[0]?.bytes ?? new Uint8Array(0);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let row = 0; row < rows; row++) resets += Number(view.getBigUint64(row * 8, true));
  }
  return resets;
}
