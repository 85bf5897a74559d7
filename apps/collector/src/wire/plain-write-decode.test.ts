import { readFileSync } from 'node:fs';
import { labelsFromObject } from '@binnacle/shared/telemetry/labels.ts';
import { SampleBatch } from '@binnacle/shared/telemetry/sample-batch.ts';
import { describe, expect, it } from 'vitest';
import { mutatedBodies } from '../receivers/contract/mutations.ts';
import { PlainWriteDecoder } from './plain-write-decode.ts';
import { WriteRequestDecoder } from './remote-write-decode.ts';
import { encodeWriteRequest, encodeWriteRequestMessage } from './remote-write-encode.ts';
import { SeriesIntern } from './series-intern.ts';
import { snappyDecode, snappyEncode } from './snappy.ts';

const most = 64 * 1024 * 1024;
const at = 1_788_000_000_000;

function batchOf(series: number, samples: number, from = 0): SampleBatch {
  const batch = new SampleBatch();
  for (let s = 0; s < series; s++) {
    const index = batch.addSeries(
      labelsFromObject({ __name__: 'node_load1', instance: `n${from + s}`, zone: 'ü'.repeat((from + s) % 40) }),
    );
    for (let i = 0; i < samples; i++) batch.append(index, at + i, s + i / 7);
  }
  return batch;
}

/** Rows as text, values by their bits. */
const rowsOf = (batch: SampleBatch) =>
  Array.from(
    { length: batch.length },
    (_, i) =>
      `${batch.series[batch.seriesOf[i] as number]?.key} ${batch.timestamps[i]} ${batch.valueWords[2 * i]} ${batch.valueWords[2 * i + 1]}`,
  );

const both = (labels: Record<string, string> = {}, maxSeries = 10_000) => {
  const intern = new SeriesIntern();
  return { plain: new PlainWriteDecoder(labels, intern, maxSeries), full: new WriteRequestDecoder(labels, intern) };
};

describe('plain remote write', () => {
  it('is decoded as the other decoder does, again and again, in any order', () => {
    const { plain, full } = both({ cluster: 'a' });
    const bodies = [batchOf(500, 3), batchOf(300, 1, 200), batchOf(2, 1000, 7), batchOf(900, 2)].map(
      encodeWriteRequest,
    );
    for (const turn of [0, 1, 2, 3, 3, 1, 0, 2]) {
      const body = bodies[turn] as Uint8Array;
      expect(rowsOf(plain.decode(body, most) as SampleBatch)).toEqual(
        rowsOf(full.decode(snappyDecode(body, most)).batch),
      );
    }
    expect(plain.size).toBe(900);
  });

  it('numbers the series of a batch, each once', () => {
    const { plain } = both();
    const batch = plain.decode(encodeWriteRequest(batchOf(3, 2)), most) as SampleBatch;
    expect([...(batch.numbers ?? [])]).toEqual([0, 1, 2]);
    expect(batch.table?.labels.slice(0, 3)).toEqual(batch.series);
    const again = plain.decode(encodeWriteRequest(batchOf(2, 1, 1)), most) as SampleBatch;
    expect([...(again.numbers ?? [])]).toEqual([1, 2]);
    expect(again.series[0]).toBe(batch.series[1]);
  });

  it('keeps every bit of a value, and times before 1970', () => {
    const { plain } = both();
    const batch = batchOf(1, 0);
    batch.appendStale(0, at);
    batch.appendBits(0, -5, 1, 0x80000000);
    batch.appendBits(0, 0, 0xdeadbeef, 0xfff7ffff);
    const words = (plain.decode(encodeWriteRequest(batch), most) as SampleBatch).valueWords;
    expect([...words]).toEqual([2, 0x7ff00000, 1, 0x80000000, 0xdeadbeef, 0xfff7ffff]);
    expect([...(plain.decode(encodeWriteRequest(batch), most) as SampleBatch).timestamps]).toEqual([at, -5, 0]);
  });

  it('forgets all series when it knows as many as it may, and goes on', () => {
    const { plain, full } = both({}, 100);
    for (const from of [0, 60, 20, 130]) {
      const body = encodeWriteRequest(batchOf(80, 1, from));
      expect(rowsOf(plain.decode(body, most) as SampleBatch)).toEqual(
        rowsOf(full.decode(snappyDecode(body, most)).batch),
      );
    }
    expect(plain.decode(encodeWriteRequest(batchOf(101, 1)), most)).toBeUndefined();
  });

  it.each([
    ['metadata', [0x1a, 2, 0x08, 1]],
    ['a native histogram', [0x0a, 8, 0x0a, 4, 0x0a, 0, 0x12, 0, 0x22, 0]],
    ['an exemplar behind the samples', [0x0a, 10, 0x0a, 4, 0x0a, 0, 0x12, 0, 0x12, 0, 0x1a, 0]],
    ['samples before labels', [0x0a, 4, 0x12, 0, 0x0a, 0]],
    ['an unknown field', [0x7a, 0]],
    ['a body without labels', [0x0a, 2, 0x12, 0]],
    ['nothing', []],
  ])('leaves %s to the other decoder', (_what, message) => {
    const { plain } = both();
    expect(plain.decode(snappyEncode(Buffer.from(message)), most)).toBeUndefined();
    expect(plain.size).toBe(0);
  });

  it('takes no body that inflates to more than is allowed', () => {
    const body = encodeWriteRequest(batchOf(50, 1));
    const inflated = snappyDecode(body, most).length;
    expect(both().plain.decode(body, inflated)).toBeDefined();
    expect(both().plain.decode(body, inflated - 1)).toBeUndefined();
  });

  it('answers mutated bodies as the other decoder does, or leaves them to it', () => {
    const { plain, full } = both();
    const message = encodeWriteRequestMessage(batchOf(6, 2));
    let taken = 0;
    for (const [i, mutated] of mutatedBodies(message, 4000, 3).entries()) {
      const body =
        i % 4 === 0
          ? (mutatedBodies(Buffer.from(snappyEncode(message)), 1, i)[0] as Uint8Array)
          : snappyEncode(mutated);
      const fast = plain.decode(body, most);
      if (fast === undefined) continue;
      taken++;
      expect(rowsOf(fast)).toEqual(rowsOf(full.decode(snappyDecode(body, most)).batch));
    }
    expect(taken).toBeGreaterThan(100);
    const whole = snappyEncode(message);
    expect(rowsOf(plain.decode(whole, most) as SampleBatch)).toEqual(
      rowsOf(full.decode(snappyDecode(whole, most)).batch),
    );
  });

  it('runs what its source says', async () => {
    const { compileDecoder } = await import(new URL('../../../../infra/scripts/build-wasm.mjs', import.meta.url).href);
    const built = readFileSync(new URL('./wasm/write-request.wasm', import.meta.url));
    expect(built.equals(await compileDecoder('write-request')), 'run `npm run wasm` and commit the result').toBe(true);
  });
});
