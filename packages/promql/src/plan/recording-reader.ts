import type { GridReader, GridRequest } from '@binnacle/shared/telemetry/grid.ts';
import type { SampleReader, SampleSlab, ScanRequest, SeriesEntry } from '@binnacle/shared/telemetry/reader.ts';
import { bytesPerSample } from './cost.ts';

/** What one read of the store cost, all its repetitions together. */
export interface RecordedRead {
  series: number;
  samples: number;
  bytes: number;
  /** That the query waited for the store. */
  durationMs: number;
  /** Why the store did not answer. */
  declined: string | undefined;
}

/** Reads of a run by what was asked: see `scanKey` and `gridKey`. */
export type Recording = Map<string, RecordedRead>;

export const scanKey = ({ fromMs, toMs, series }: Pick<ScanRequest, 'fromMs' | 'toMs' | 'series'>): string =>
  `scan ${fromMs} ${toMs} ${seriesKey(series)}`;

export const gridKey = (request: GridRequest): string => {
  const { method, function: fn, aggregation, startMs, stepMs, count, windowMs, series, groupOf } = request;
  const groups = groupOf === undefined ? '' : groupOf.join();
  return `${method} ${fn} ${aggregation} ${startMs} ${stepMs} ${count} ${windowMs} ${seriesKey(series)} ${groups}`;
};

const seriesKey = (series: readonly SeriesEntry[]): string => `${series.length} ${series[0]?.id} ${series.at(-1)?.id}`;

/** A reader that passes everything on, and notes into `recording` what it was. */
export function recordingReader(reader: SampleReader, recording: Recording): SampleReader {
  const note = (key: string, series: number): RecordedRead => {
    const known = recording.get(key) ?? { series, samples: 0, bytes: 0, durationMs: 0, declined: undefined };
    recording.set(key, known);
    return known;
  };
  async function* scan(request: ScanRequest): AsyncGenerator<SampleSlab> {
    const read = note(scanKey(request), request.series.length);
    let askedAt = performance.now();
    for await (const slab of reader.scan(request)) {
      const samples = slab.count === 0 ? 0 : (slab.ends[slab.count - 1] as number);
      read.durationMs += performance.now() - askedAt;
      read.samples += samples;
      read.bytes += samples * bytesPerSample;
      yield slab;
      askedAt = performance.now();
    }
    read.durationMs += performance.now() - askedAt;
  }
  return {
    select: (matchers, range) => reader.select(matchers, range),
    scan,
    labelNames: (matchers, range) => reader.labelNames(matchers, range),
    labelValues: (name, matchers, range) => reader.labelValues(name, matchers, range),
    metadata: (family) => reader.metadata(family),
    grid: reader.grid && recordingGrid(reader.grid, note),
  };
}

function recordingGrid(grid: GridReader, note: (key: string, series: number) => RecordedRead): GridReader {
  return {
    place: grid.place,
    offers: (method, fn, aggregation) => grid.offers(method, fn, aggregation),
    expectedSamples: (series, spanMs) => grid.expectedSamples(series, spanMs),
    describe: (request) => grid.describe(request),
    describeScan: (request) => grid.describeScan(request),
    answer: async (request) => {
      const read = note(gridKey(request), request.series.length);
      const askedAt = performance.now();
      const answer = await grid.answer(request);
      read.durationMs += performance.now() - askedAt;
      if (answer.kind === 'declined') read.declined = answer.reason;
      else {
        read.samples += answer.samplesRead;
        read.bytes += answer.bytes;
      }
      return answer;
    },
  };
}
