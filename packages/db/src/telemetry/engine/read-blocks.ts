import { type NativeBlockView, NativeReader } from '../native/native-reader.ts';
import type { Engine, ReadOptions } from './engine.ts';
import { storeError } from './engine-errors.ts';

/** The blocks of an answer. Nobody writes to a block's bytes again: they stay good for whoever keeps the block. */
export async function* readBlocks(engine: Engine, sql: string, options: ReadOptions): AsyncGenerator<NativeBlockView> {
  const reader = new NativeReader();
  for await (const bytes of engine.read(sql, options)) yield* reader.push(bytes);
  // A server that fails after it began to answer writes the exception's text behind the blocks.
  if (reader.rest.length > 0) throw storeError(new Error(Buffer.from(reader.rest).toString('latin1')), engine.limits);
}
