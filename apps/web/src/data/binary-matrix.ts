import { z } from 'zod';

z.config({ jitless: true });

/** Type of content that the gateway answers with when asked to; its layout is in `docs/prometheus-api.md`. */
export const binaryMatrixType = 'application/vnd.binnacle.matrix';

const header = z.object({
  resultType: z.string(),
  startMs: z.number(),
  stepMs: z.number(),
  count: z.int().min(0).max(1_000_000),
  series: z.array(z.record(z.string(), z.string())),
  warnings: z.array(z.string()).default([]),
  infos: z.array(z.string()).default([]),
  stats: z.unknown().optional(),
});

export interface BinaryMatrix {
  readonly warnings: readonly string[];
  readonly infos: readonly string[];
  /** As the Prometheus API has them; undefined where they were not asked for. */
  readonly stats: unknown;
  readonly series: readonly {
    readonly labels: Readonly<Record<string, string>>;
    /** ms since 1970; series without holes share one list. */
    readonly times: readonly number[];
    readonly values: readonly number[];
  }[];
}

const aligned = (bytes: number): number => Math.ceil(bytes / 8) * 8;

/**
 * Reads a binary matrix: magic and header, then how many values each series has, then a bit per step of the series with
 * holes, then the values. Lists are plain arrays of numbers, which hold doubles as tightly as typed arrays do. Throws
 * an `Error` where the bytes are not that.
 */
export function decodeBinaryMatrix(buffer: ArrayBuffer): BinaryMatrix {
  const bytes = new Uint8Array(buffer);
  if (bytes.length < 8 || text(bytes.subarray(0, 4)) !== 'BMX1') throw new Error('not a binary matrix');
  const headerEnd = 8 + new DataView(buffer).getUint32(4, true);
  if (headerEnd % 8 !== 0 || headerEnd > bytes.length) throw new Error('the header of the matrix is cut off');
  const { startMs, stepMs, count, series, warnings, infos, stats } = header.parse(
    JSON.parse(text(bytes.subarray(8, headerEnd))),
  );
  if (headerEnd + aligned(series.length * 4) > bytes.length) throw new Error('the matrix is cut off');
  const lengths = new Uint32Array(buffer, headerEnd, series.length);
  const bitmapBytes = Math.ceil(count / 64) * 8;
  const isPartial = (length: number) => length > 0 && length < count;

  let bitmapAt = headerEnd + aligned(series.length * 4);
  let valuesAt = bitmapAt;
  let total = 0;
  for (const length of lengths) {
    if (length > count) throw new Error('a series has more values than steps');
    total += length;
    if (isPartial(length)) valuesAt += bitmapBytes;
  }
  if (valuesAt + total * 8 !== bytes.length) throw new Error('the matrix is not as long as its header says');

  const allTimes = Array.from({ length: count }, (_, step) => startMs + step * stepMs);
  const read = series.map((labels, s) => {
    const length = lengths[s] as number;
    const values = Array.from(new Float64Array(buffer, valuesAt, length));
    valuesAt += length * 8;
    if (length === count) return { labels, times: allTimes, values };
    const times: number[] = [];
    if (length > 0) {
      for (let step = 0; step < count; step++) {
        if (((bytes[bitmapAt + (step >> 3)] as number) >> (step & 7)) & 1) times.push(allTimes[step] as number);
      }
      bitmapAt += bitmapBytes;
    }
    if (times.length !== length) throw new Error('a series has other steps than values');
    return { labels, times, values };
  });
  return { warnings, infos, stats, series: read };
}

const text = (bytes: Uint8Array): string => new TextDecoder('utf-8', { fatal: true }).decode(bytes);
