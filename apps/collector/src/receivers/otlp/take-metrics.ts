import { BinnacleError } from '@binnacle/shared/errors.ts';
import { addToCounter, observeGauge } from '../../telemetry/instruments.ts';
import type { SampleOrigin, SampleSink, WriteResult } from '../receiver.ts';
import type { OtlpConfig } from './config.ts';
import { type DecodedMetrics, MetricsDecoder } from './decode.ts';
import { DeltaTotals } from './delta-totals.ts';
import { PlainMetrics } from './plain-metrics.ts';

/** Resources, metrics and points that the quicker decoder knows at a time. */
const maxLearned = 500_000;

/** What a door tells its sender in `partial_success`; 0 and '' when everything was stored. */
export interface MetricsOutcome {
  /** Data points, never more than were sent. */
  readonly rejected: number;
  readonly message: string;
  /** ms since 1970, of the newest sample that was stored; null when none was. */
  readonly newestSampleMs: number | null;
}

/**
 * Takes the bytes of `ExportMetricsServiceRequest`, whatever transport brought them: decodes, stores, and says what was
 * refused. One of these is one sender group: it keeps the series and the running totals of its deltas.
 */
export class MetricsTaker {
  readonly #decoder: MetricsDecoder;
  /** Undefined where scopes become labels: it does not look at them. */
  readonly #plain: PlainMetrics | undefined;
  readonly #totals: DeltaTotals;
  readonly #sink: SampleSink;
  readonly #origin: SampleOrigin;
  readonly #now: () => number;
  readonly #unobserve: () => void;

  /** `now` gives ms since 1970. */
  constructor(config: OtlpConfig, sink: SampleSink, origin: SampleOrigin, now: () => number = Date.now) {
    this.#totals = new DeltaTotals({
      maxSeries: config.deltaMaxSeries,
      maxStaleMs: config.deltaMaxStaleSeconds * 1000,
      restartAtGaps: config.deltaGaps === 'restart',
    });
    this.#decoder = new MetricsDecoder(config, this.#totals);
    this.#plain = config.promoteScopeMetadata ? undefined : new PlainMetrics(maxLearned);
    this.#sink = sink;
    this.#origin = origin;
    this.#now = now;
    const { receiver, source } = origin;
    this.#unobserve = observeGauge('binnacle_otlp_delta_series', (set) => {
      if (this.#totals.size > 0) set(this.#totals.size, { receiver, source });
    });
  }

  /** Ends what it says of itself. */
  close(): void {
    this.#unobserve();
  }

  /**
   * Resolves after the samples are stored. Rejects with `malformed_body` (nothing was stored), `body_too_large`, or with
   * the retryable `over_capacity` and `store_unavailable`; never with what a sender would give up on for a store's sake.
   * `sender`: see `senderOf`.
   */
  async take(bytes: Buffer, sender?: string): Promise<MetricsOutcome> {
    const from = sender === undefined ? this.#origin : { ...this.#origin, sender };
    const decoded = this.#decode(bytes);
    this.#countBreaks();
    const { batch } = decoded;
    const result: WriteResult =
      batch.length > 0 || batch.metadata.length > 0 ? await this.#write(decoded, from) : { accepted: 0, refused: [] };
    let newestSampleMs: number | null = null;
    if (result.accepted > 0) {
      newestSampleMs = 0;
      for (let i = 0; i < batch.length; i++) newestSampleMs = Math.max(newestSampleMs, batch.timestamps[i] as number);
    }
    if (decoded.refused.length > 0) {
      const refused = decoded.refused.map(({ reason, count, message }) => ({ reason, count, example: message }));
      this.#sink.noteRefused?.(refused, from);
    }
    return { ...outcomeOf(decoded, result), newestSampleMs };
  }

  /** What is plain and was learned takes the short road. */
  #decode(bytes: Buffer): DecodedMetrics {
    const plain = this.#plain?.decode(bytes);
    if (typeof plain === 'object') return { ...plain, refused: [], stored: () => {} };
    const decoded = this.#decoder.decode(bytes, this.#now(), plain === 'unknown');
    const { learnable } = decoded;
    if (learnable === undefined) return decoded;
    const stored = () => {
      decoded.stored();
      this.#plain?.learn(bytes, learnable);
    };
    return { ...decoded, stored };
  }

  #countBreaks(): void {
    const { gaps, forgotten } = this.#totals.takeCounts();
    const { receiver, source } = this.#origin;
    if (gaps > 0) addToCounter('binnacle_otlp_delta_breaks_total', gaps, { receiver, source, why: 'gap' });
    if (forgotten > 0) addToCounter('binnacle_otlp_delta_breaks_total', forgotten, { receiver, source, why: 'silent' });
  }

  async #write(decoded: DecodedMetrics, from: SampleOrigin): Promise<WriteResult> {
    try {
      const result = await this.#sink.write(decoded.batch, from);
      decoded.stored();
      return result;
    } catch (error) {
      if (error instanceof BinnacleError && error.status !== 500) throw error;
      // Senders give up on a 500 and try again after a 503: what the store does not explain is worth another try.
      throw new BinnacleError('store_unavailable', 'the store failed; send again later', { cause: error });
    }
  }
}

/**
 * What goes into `partial_success`. The sink refuses samples and the protocol counts points: a point of which any sample
 * is refused counts, so far as samples and points are one to one; never more points than were sent.
 */
function outcomeOf(decoded: DecodedMetrics, result: WriteResult): { rejected: number; message: string } {
  let rejected = 0;
  const sentences: string[] = [];
  for (const { reason, message, count } of decoded.refused) {
    rejected += count;
    sentences.push(`${reason} (${count}): ${message}`);
  }
  for (const { reason, count, example } of result.refused) {
    rejected += count;
    sentences.push(`${reason} (${count}), such as ${example}`);
  }
  return { rejected: Math.min(rejected, decoded.points), message: sentences.join('; ').slice(0, 4000) };
}
