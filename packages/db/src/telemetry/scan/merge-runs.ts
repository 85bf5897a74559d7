import { isStale } from '@binnacle/shared/telemetry/sample-batch.ts';
import type { RunList } from './run-list.ts';
import type { OutColumns, SampleColumns } from './sample-columns.ts';

/**
 * Merges the overlapping runs of one series in time order and writes them from `at` on; returns the end. Of samples with
 * equal times a number beats a NaN, a NaN beats a stale marker, and of two numbers the larger stands: the answer does not
 * depend on which was inserted first, and it is the rule of ClickHouse's own `timeSeries…` functions.
 */
export function mergeRuns(
  blocks: readonly SampleColumns[],
  runs: RunList,
  order: Uint32Array,
  first: number,
  end: number,
  out: OutColumns,
  at: number,
): number {
  const { timestamps, valueWords } = out;
  let total = 0;
  for (let i = first; i < end; i++)
    total += (runs.to[order[i] as number] as number) - (runs.from[order[i] as number] as number);
  const times = new Float64Array(total);
  const words = new Uint32Array(2 * total);
  const wordBytes = new Uint8Array(words.buffer);
  const places = new Uint32Array(total);
  let length = 0;
  for (let i = first; i < end; i++) {
    const run = order[i] as number;
    const block = blocks[runs.block[run] as number] as SampleColumns;
    const offsetMs = runs.offset[run] as number;
    const from = runs.from[run] as number;
    const to = runs.to[run] as number;
    wordBytes.set(block.valueBytes.subarray(8 * from, 8 * to), 8 * length);
    for (let row = from; row < to; row++) {
      times[length] = offsetMs + (block.times[row] as number);
      places[length] = length;
      length++;
    }
  }
  places.sort((a, b) => (times[a] as number) - (times[b] as number));
  let written = at;
  for (let i = 0; i < length; i++) {
    const place = places[i] as number;
    const low = words[2 * place] as number;
    const high = words[2 * place + 1] as number;
    const time = times[place] as number;
    const duplicate = written > at && timestamps[written - 1] === time;
    if (duplicate && !replaces(valueWords, written - 1, low, high)) continue;
    if (duplicate) written--;
    timestamps[written] = time;
    valueWords[2 * written] = low;
    valueWords[2 * written + 1] = high;
    written++;
  }
  return written;
}

const before = new Float64Array(1);
const after = new Float64Array(1);
const beforeWords = new Uint32Array(before.buffer);
const afterWords = new Uint32Array(after.buffer);

function replaces(valueWords: Uint32Array, at: number, low: number, high: number): boolean {
  beforeWords[0] = valueWords[2 * at] as number;
  beforeWords[1] = valueWords[2 * at + 1] as number;
  afterWords[0] = low;
  afterWords[1] = high;
  if (isStale(afterWords, 0)) return false;
  if (isStale(beforeWords, 0)) return true;
  if (Number.isNaN(after[0] as number)) return false;
  return Number.isNaN(before[0] as number) || (after[0] as number) > (before[0] as number);
}
