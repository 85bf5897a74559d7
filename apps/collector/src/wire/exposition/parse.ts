import { isUtf8 } from 'node:buffer';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import { LabelSet } from '@binnacle/shared/telemetry/labels.ts';
import { SampleBatch } from '@binnacle/shared/telemetry/sample-batch.ts';
import { InternedSeries, indexIn, sortPairs } from '../series-intern.ts';
import { ExpositionCache, nothing, PercentOrRatio } from './cache.ts';
import { type LineCursor, readExemplarLabels, readSeries, skipBlanks, skipSeries } from './labels.ts';
import { readMetadataLine } from './metadata-line.ts';
import { noNumber, readNumber } from './number.ts';

/** text: Prometheus text 0.0.4; openmetrics: OpenMetrics text 1.0. */
export type ExpositionFormat = 'text' | 'openmetrics';

export interface ExpositionOptions {
  readonly format: ExpositionFormat;
  /** ms since 1970, for samples without a timestamp. */
  readonly defaultTimestampMs: number;
  /** Labels for every series, when no cache is given (a cache has its own). */
  readonly extraLabels?: Readonly<Record<string, string>>;
  /** Keep one for each target: then a line seen before costs no string. */
  readonly cache?: ExpositionCache;
  /** false: timestamps in the exposition are ignored. Default true. */
  readonly honorTimestamps?: boolean;
  /** More samples than this are refused with `body_too_large`. Undefined and 0 are no limit. */
  readonly sampleLimit?: number;
  /** What `body_too_large` calls that limit. */
  readonly sampleLimitName?: string;
  /** Filled in while reading, so that it tells how far a reading came that failed. */
  readonly counts?: ExpositionCounts;
}

/** What stood in a body. */
export interface ExpositionCounts {
  /** Sample lines, dropped ones included. */
  lines: number;
  /** Samples of series that were not dropped, duplicates included. */
  kept: number;
  /** Series that the last good reading did not have. */
  added: number;
  /** Second samples of the same series and time, which are left out. */
  duplicates: number;
  /** Exemplars, those included that were there before. */
  exemplars: number;
}

export function noCounts(): ExpositionCounts {
  return { lines: 0, kept: 0, added: 0, duplicates: 0, exemplars: 0 };
}

export interface ParsedExposition {
  readonly batch: SampleBatch;
  /** Sample lines in the body, dropped ones included. */
  readonly lines: number;
  /** Series in the batch, in the order of `batch.series`. */
  readonly series: readonly InternedSeries[];
  /** Marks this reading: a series with another `epoch` was not in it. */
  readonly epoch: number;
}

const newline = 10;
const hash = 35;
const point = 46;
const openBrace = 123;
const metadataTag = 1;

/**
 * Parses an exposition straight into a batch. Metadata of families that are new or changed goes along. The second of two
 * samples with the same labels and timestamp is left out. Throws `malformed_body` with the line number, or
 * `body_too_large`; then nothing of the body counts.
 */
export function parseExposition(bytes: Buffer, options: ExpositionOptions): ParsedExposition {
  const cache = options.cache ?? new ExpositionCache({ extraLabels: options.extraLabels ?? {} });
  return new Parser(bytes, options, cache).parse();
}

class Parser implements LineCursor {
  readonly bytes: Buffer;
  readonly end: number;
  position = 0;
  readonly #options: ExpositionOptions;
  readonly #cache: ExpositionCache;
  readonly #batch: SampleBatch;
  readonly #series: InternedSeries[] = [];
  readonly #open: boolean;
  readonly #epoch: number;
  /** NaN where every value is one: nothing is at or above it, +Inf neither. */
  readonly #noValueFrom: number;
  readonly #internString: (text: string) => string;
  readonly #counts: ExpositionCounts;
  #line = 1;
  #ended = false;

  constructor(bytes: Buffer, options: ExpositionOptions, cache: ExpositionCache) {
    this.bytes = bytes;
    this.end = bytes.length;
    this.#options = options;
    this.#cache = cache;
    this.#batch = new SampleBatch(Math.max(64, bytes.length >>> 7));
    this.#open = options.format === 'openmetrics';
    this.#counts = options.counts ?? noCounts();
    this.#epoch = cache.intern.nextEpoch();
    this.#noValueFrom = cache.mapping.noValueFrom ?? Number.NaN;
    this.#internString = (text) => cache.intern.string(text);
  }

  fail(what: string): never {
    throw new BinnacleError('malformed_body', `line ${this.#line}: ${what}`);
  }

  parse(): ParsedExposition {
    const { bytes, end } = this;
    if (!isUtf8(bytes)) this.#failAtBadText();
    while (this.position < end) {
      skipBlanks(this);
      const byte = bytes[this.position];
      if (this.#ended && this.position < end) this.fail('there is something after # EOF');
      if (byte === hash) this.#comment();
      else if (byte !== newline && byte !== 13 && this.position < end) this.#sample();
      this.#endLine();
    }
    if (this.#open && !this.#ended) this.fail('the body does not end with # EOF: it is not complete');
    const { intern } = this.#cache;
    const { sampleLimit = 0, sampleLimitName = 'sampleLimit' } = this.#options;
    if (sampleLimit > 0 && this.#counts.kept - this.#counts.duplicates > sampleLimit)
      throw new BinnacleError('body_too_large', `more than ${sampleLimit} samples (${sampleLimitName})`);
    if (intern.size > 4096 && intern.size > 3 * this.#counts.lines) intern.turn();
    this.#cache.goodEpoch = this.#epoch;
    this.#batch.metadata.push(...this.#cache.takeChanged());
    return { batch: this.#batch, lines: this.#counts.lines, series: this.#series, epoch: this.#epoch };
  }

  /** Blanks and the line's end; anything else is a fault. */
  #endLine(): void {
    skipBlanks(this);
    if (this.bytes[this.position] === 13) this.position++;
    if (this.position >= this.end) return;
    if (this.bytes[this.position] !== newline) this.fail('there is something after the value');
    this.position++;
    this.#line++;
  }

  #sample(): void {
    const { bytes, end } = this;
    const start = this.position;
    skipSeries(this);
    const found = this.#find(start, this.position);
    skipBlanks(this);
    const valueStart = this.position;
    let value = this.#number('value');
    let series: InternedSeries | undefined;
    if (found instanceof InternedSeries) series = found;
    else if (found instanceof PercentOrRatio) {
      series = found.series;
      if (bytes.subarray(valueStart, this.position).includes(point)) value *= 100;
    }
    let timestampMs = this.#options.defaultTimestampMs;
    let ownTimestamp = false;
    skipBlanks(this);
    const next = bytes[this.position] as number;
    if (this.position < end && next > 32 && next !== hash) {
      const stamp = this.#number('timestamp');
      if (!Number.isFinite(stamp)) this.fail('the timestamp is not finite');
      if (this.#options.honorTimestamps !== false) {
        timestampMs = this.#open ? Math.round(stamp * 1000) : Math.trunc(stamp);
        ownTimestamp = true;
      }
      skipBlanks(this);
    }
    if (this.#open && bytes[this.position] === hash) this.#exemplar(series, timestampMs);

    const counts = this.#counts;
    counts.lines++;
    if (series === undefined || value >= this.#noValueFrom) return;
    counts.kept++;
    const again = series.epoch === this.#epoch;
    if (again && series.lastTimestampMs === timestampMs) {
      counts.duplicates++;
      return;
    }
    if (!again && (series.epoch === 0 || series.epoch < this.#cache.goodEpoch)) counts.added++;
    const index = indexIn(this.#batch, series, this.#epoch);
    if (!again) this.#series.push(series);
    series.lastTimestampMs = timestampMs;
    series.ownTimestamp = ownTimestamp;
    const { sampleLimit = 0 } = this.#options;
    if (sampleLimit === 0 || this.#batch.length <= sampleLimit) this.#batch.append(index, timestampMs, value);
  }

  /** After " # ": labels, a value and perhaps a time. It goes into the batch when it is another than last time. */
  #exemplar(of: InternedSeries | undefined, sampleMs: number): void {
    const { bytes, end } = this;
    this.position++;
    skipBlanks(this);
    const start = this.position;
    if (bytes[start] !== openBrace) this.fail('an exemplar has no labels');
    skipSeries(this);
    const labelsEnd = this.position;
    skipBlanks(this);
    const value = this.#number('value of the exemplar');
    const valueEnd = this.position;
    let timestampMs = sampleMs;
    skipBlanks(this);
    if (this.position < end && (bytes[this.position] as number) > 32) {
      const seconds = this.#number('time of the exemplar');
      if (!Number.isFinite(seconds)) this.fail('the time of the exemplar is not finite');
      timestampMs = Math.round(seconds * 1000);
    }
    this.#counts.exemplars++;
    if (of === undefined) return;
    const text = bytes.toString('latin1', start, Math.max(valueEnd, this.position));
    if (!this.#cache.isNewExemplar(of, text)) return;
    const labels = new LabelSet(sortPairs(readExemplarLabels(this, start, labelsEnd)));
    this.#batch.exemplars.push({ series: of.labels, labels, timestampMs, value });
  }

  #find(start: number, end: number): InternedSeries | PercentOrRatio | typeof nothing {
    const { intern } = this.#cache;
    const known = intern.get(this.bytes, start, end);
    if (known !== undefined) return known;
    const pairs = readSeries(this, start, end, this.#internString);
    const ambiguous = this.#cache.mapping.percentOrRatio?.has(pairs[1] as string) === true;
    const sorted = this.#cache.map(pairs, (what) => {
      // The line could be read; it is the series that fails the reading.
      this.#counts.lines++;
      this.fail(what);
    });
    if (sorted !== null && !ambiguous) return intern.addLabels(this.bytes, start, end, sorted);
    if (sorted !== null) {
      const series = new PercentOrRatio(intern.bySortedPairs(sorted));
      intern.add(this.bytes, start, end, series);
      return series;
    }
    intern.add(this.bytes, start, end, nothing);
    return nothing;
  }

  #number(what: string): number {
    const { bytes, end } = this;
    const start = this.position;
    let at = start;
    while (at < end && (bytes[at] as number) > 32) at++;
    this.position = at;
    const value = at === start ? noNumber : readNumber(bytes, start, at);
    if (value === noNumber)
      this.fail(
        at === start
          ? `there is no ${what}`
          : `the ${what} "${bytes.toString('utf8', start, Math.min(at, start + 40))}" is not a number`,
      );
    return value as number;
  }

  #skipLine(): void {
    const at = this.bytes.indexOf(newline, this.position);
    this.position = at < 0 ? this.end : at;
  }

  #comment(): void {
    const { bytes } = this;
    const start = this.position;
    this.#skipLine();
    let end = this.position;
    if (bytes[end - 1] === 13) end--;
    const { intern } = this.#cache;
    if (intern.get(bytes, start, end, metadataTag) !== undefined) return;
    const text = bytes.toString('utf8', start, end);
    if (this.#open && /^# EOF\s*$/.test(text)) {
      this.#ended = true;
      return;
    }
    readMetadataLine(text, this.#cache, (what) => this.fail(what));
    intern.add(bytes, start, end, nothing, metadataTag);
  }

  #failAtBadText(): never {
    let start = 0;
    for (this.#line = 1; start < this.end; this.#line++) {
      const at = this.bytes.indexOf(newline, start);
      const stop = at < 0 ? this.end : at;
      if (!isUtf8(this.bytes.subarray(start, stop))) break;
      start = stop + 1;
    }
    this.fail('the text is not UTF-8');
  }
}
