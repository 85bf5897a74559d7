import { BinnacleError } from '@binnacle/shared/errors.ts';
import { LogBatch, SpanBatch } from '@binnacle/shared/telemetry/rows/otel-rows.ts';
import { expect, it, onTestFinished } from 'vitest';
import { FreshnessTable } from './freshness.ts';
import { limitsWith } from './limits.ts';
import { RowPipeline } from './row-pipeline.ts';

/** A batch that holds so many bytes. */
function batchOf(bytes: number): SpanBatch {
  const batch = new SpanBatch();
  batch.begin();
  batch.traceId.addText('x'.repeat(bytes));
  batch.keep();
  return batch;
}

const once = { body: Buffer.alloc(0), repeatable: false };
const again = (body: Buffer) => ({ body, repeatable: true });

interface Gate {
  readonly pipeline: RowPipeline;
  /** Groups that were handed over to the store, as numbers of batches. */
  readonly groups: number[];
  /** How the next group ends; without it the store keeps it waiting. */
  readonly ends: ((end: Error | undefined) => void)[];
}

function open(changes: Parameters<typeof limitsWith>[0] = {}, now = () => 1000): Gate {
  const groups: number[] = [];
  const ends: Gate['ends'] = [];
  const insert = (batches: readonly unknown[]) => {
    groups.push(batches.length);
    return new Promise<void>((resolve, reject) => ends.push((end) => (end === undefined ? resolve() : reject(end))));
  };
  const limits = limitsWith({ spanInFlightBytes: 2 ** 20, commitMilliseconds: 1, ...changes });
  const pipeline = new RowPipeline({
    limits,
    freshness: new FreshnessTable({ now }),
    insertSpans: insert,
    insertLogs: insert,
    now,
  });
  onTestFinished(async () => {
    for (const end of ends) end(undefined);
    await pipeline.close();
  });
  return { pipeline, groups, ends };
}

const group = (gate: Gate, number: number) => expect.poll(() => gate.groups.length).toBe(number);

it('a write ends when its rows are stored, and what comes meanwhile is the next group', async () => {
  const gate = open();
  let stored = 0;
  const writes = [1, 2, 3].map(async (n) => {
    if (n > 1) await group(gate, 1);
    await gate.pipeline.writeSpans(batchOf(10), once);
    stored++;
  });
  await group(gate, 1);
  await Promise.resolve();
  expect(stored).toBe(0);
  gate.ends[0]?.(undefined);
  await group(gate, 2);
  gate.ends[1]?.(undefined);
  await Promise.all(writes);
  expect(gate.groups).toEqual([1, 2]);
});

it('over the bytes in flight it is refused at once; log records have bytes of their own', async () => {
  const gate = open();
  const first = gate.pipeline.writeSpans(batchOf(2 ** 20 - 100), once);
  await group(gate, 1);
  await expect(gate.pipeline.writeSpans(batchOf(200), once)).rejects.toMatchObject({
    code: 'over_capacity',
    message: expect.stringContaining('limits.spanInFlightBytes'),
  });
  const logs = new LogBatch();
  logs.begin();
  logs.keep();
  const other = gate.pipeline.writeLogs(logs, once);
  await group(gate, 2);
  gate.ends[0]?.(undefined);
  gate.ends[1]?.(undefined);
  await Promise.all([first, other]);
  const next = gate.pipeline.writeSpans(batchOf(200), once);
  await group(gate, 3);
  gate.ends[2]?.(undefined);
  await next;
});

it.each([new Error('no idea'), new BinnacleError('query_limit', 'too much'), new BinnacleError('disk_full', 'full')])(
  'a store that fails (%s) may be asked again',
  async (error) => {
    const gate = open();
    const write = gate.pipeline.writeSpans(batchOf(10), once);
    const refused = expect(write).rejects.toMatchObject({ retry: true, status: 503 });
    await group(gate, 1);
    gate.ends[0]?.(error);
    await refused;
  },
);

it('the same request is stored once, at the same time or later; one that failed is taken again', async () => {
  let nowMs = 1000;
  const gate = open({}, () => nowMs);
  const body = Buffer.from('the same bytes');
  const both = [1, 2].map(() => gate.pipeline.writeSpans(batchOf(10), again(body)));
  await group(gate, 1);
  gate.ends[0]?.(undefined);
  await Promise.all(both);
  await gate.pipeline.writeSpans(batchOf(10), again(body));
  expect(gate.groups).toEqual([1]);

  const failing = expect(gate.pipeline.writeSpans(batchOf(10), again(Buffer.from('other')))).rejects.toThrow();
  await group(gate, 2);
  gate.ends[1]?.(new Error('away'));
  await failing;
  const next = gate.pipeline.writeSpans(batchOf(10), again(Buffer.from('other')));
  await group(gate, 3);
  gate.ends[2]?.(undefined);
  await next;

  // After ten minutes nobody tries the same request again.
  nowMs += 601_000;
  const late = gate.pipeline.writeSpans(batchOf(10), again(body));
  await group(gate, 4);
  gate.ends[3]?.(undefined);
  await late;
});

it('what waits is written at the end, and nothing more is taken', async () => {
  const gate = open({ commitMilliseconds: 5000 });
  const write = gate.pipeline.writeSpans(batchOf(10), once);
  const closed = gate.pipeline.close();
  await group(gate, 1);
  gate.ends[0]?.(undefined);
  await Promise.all([write, closed]);
  await expect(gate.pipeline.writeSpans(batchOf(10), once)).rejects.toMatchObject({ code: 'over_capacity' });
});
