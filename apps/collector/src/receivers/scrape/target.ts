import { BinnacleError } from '@binnacle/shared/errors.ts';
import { type LabelSet, labelsFromObject } from '@binnacle/shared/telemetry/labels.ts';
import { type MetricMetadata, SampleBatch } from '@binnacle/shared/telemetry/sample-batch.ts';
import type { Dispatcher } from 'undici';
import { withSpan } from '../../telemetry/spans.ts';
import { ExpositionCache } from '../../wire/exposition/cache.ts';
import { type ParsedExposition, parseExposition } from '../../wire/exposition/parse.ts';
import type { InternedSeries } from '../../wire/series-intern.ts';
import { ownMetrics } from '../polling/own-metrics.ts';
import type { ReceiverContext, SourceStatus, WriteResult } from '../receiver.ts';
import type { ScrapeJob } from './config.ts';
import { readExposition } from './http-read.ts';
import { mappingOf } from './mapping.ts';
import { nextRound } from './schedule.ts';
import type { TargetSpec } from './target-spec.ts';

export const scrapeMetrics: readonly MetricMetadata[] = ownMetrics('scrape_duration_seconds', 'scrape_samples_scraped');

/**
 * One target: a loop of its own, so that a target that hangs, lies or dies has only itself to hurt. A read that fails as
 * a whole gives `up` 0 and stale markers for what the target had; a write that fails leaves those markers to the next round.
 */
export class Target {
  readonly #spec: TargetSpec;
  readonly #job: ScrapeJob;
  readonly #context: ReceiverContext;
  readonly #dispatcher: Dispatcher;
  readonly #cache: ExpositionCache;
  readonly #own: readonly LabelSet[];
  /** Series that the store takes for alive. */
  #alive = new Set<InternedSeries>();
  #unsaidMetadata: readonly MetricMetadata[] = scrapeMetrics;
  #scrape: AbortController | undefined;
  #stopped = false;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #state: SourceStatus['state'] = 'waiting';
  #lastSampleAt: number | null = null;
  #lastError: string | null = null;

  constructor(spec: TargetSpec, context: ReceiverContext, dispatcher: Dispatcher) {
    this.#spec = spec;
    this.#job = spec.job;
    this.#context = context;
    this.#dispatcher = dispatcher;
    this.#cache = new ExpositionCache(mappingOf(spec));
    this.#own = scrapeMetrics.map(({ family }) => labelsFromObject({ ...spec.labels, __name__: family }));
  }

  /** Begins within `spreadMs`, then goes on at the target's own offset in the interval. */
  start(spreadMs: number): void {
    const { intervalSeconds } = this.#job;
    const first = this.#spec.hashRatio * Math.min(spreadMs, intervalSeconds * 1000);
    this.#timer = setTimeout(() => this.#loop(undefined), first);
  }

  /** Ends the loop; with `gone`, says of everything the target had that it is no more. */
  async stop(gone = false): Promise<void> {
    this.#stopped = true;
    this.#scrape?.abort();
    clearTimeout(this.#timer);
    await this.#running;
    if (!gone || this.#state === 'waiting') return;
    const batch = new SampleBatch(this.#alive.size + 8);
    const atMs = this.#context.now();
    for (const series of this.#alive) batch.appendStale(batch.addSeries(series.labels), atMs);
    for (const labels of this.#own) batch.appendStale(batch.addSeries(labels), atMs);
    await this.#write(batch).catch((error) =>
      this.#context.log.warn(
        { source: this.#spec.source, err: error },
        'stale markers of a removed target were not stored',
      ),
    );
  }

  status(): SourceStatus {
    return {
      receiver: 'scrape',
      source: this.#spec.source,
      cluster: this.#spec.labels.cluster ?? '',
      state: this.#state,
      lastSampleAt: this.#lastSampleAt,
      lastError: this.#lastError,
      address: `${this.#spec.url.origin}${this.#spec.url.pathname}`,
      intervalSeconds: this.#job.intervalSeconds,
    };
  }

  #loop(dueMs: number | undefined): void {
    this.#running = this.#round(dueMs)
      .catch((error) =>
        this.#context.log.error(
          { source: this.#spec.source, err: error },
          'a scrape failed in a way that was not foreseen',
        ),
      )
      .finally(() => {
        if (this.#stopped) return;
        const next = nextRound(this.#context.now(), this.#job.intervalSeconds * 1000, this.#spec.hashRatio);
        this.#timer = setTimeout(() => this.#loop(next.dueMs), next.waitMs);
      });
  }

  async #round(dueMs: number | undefined): Promise<void> {
    const begun = performance.now();
    const now = this.#context.now();
    // Timers are late by a few ms: times on the grid compress better, and are what the interval says.
    const tolerance = Math.min(50, this.#job.intervalSeconds * 10);
    const atMs = Math.round(dueMs !== undefined && Math.abs(now - dueMs) <= tolerance ? dueMs : now);
    let parsed: ParsedExposition | undefined;
    let error: string | null = null;
    try {
      parsed = await withSpan('binnacle.scrape', { 'binnacle.source': this.#spec.source }, () => this.#read(atMs));
    } catch (cause) {
      if (this.#stopped) return;
      error =
        cause instanceof BinnacleError
          ? `${this.#spec.url.host} ${cause.message}`
          : `${this.#spec.url.host} cannot be read`;
      if (this.#state !== 'down')
        this.#context.log.warn({ source: this.#spec.source, reason: error }, 'a target went down');
    }
    const batch = parsed?.batch ?? new SampleBatch(this.#alive.size + 8);
    this.#appendStale(batch, parsed, atMs);
    this.#appendOwn(batch, atMs, [error === null ? 1 : 0, (performance.now() - begun) / 1000, parsed?.lines ?? 0]);
    if (this.#unsaidMetadata.length > 0) batch.metadata.unshift(...this.#unsaidMetadata);
    const seen = new Set(parsed?.series.filter((series) => !series.ownTimestamp));
    try {
      const { refused } = await this.#write(batch);
      this.#alive = seen;
      this.#unsaidMetadata = [];
      this.#lastSampleAt = error === null ? atMs : this.#lastSampleAt;
      this.#lastError = error ?? refusedSentence(refused);
    } catch (cause) {
      // What was to be marked stale is still alive for the store.
      for (const series of seen) this.#alive.add(series);
      this.#unsaidMetadata = [...batch.metadata];
      this.#lastError =
        error ?? `the samples were not stored: ${cause instanceof BinnacleError ? cause.message : 'the store failed'}`;
      this.#context.log.warn({ source: this.#spec.source, err: cause }, 'samples of a scrape were not stored');
    }
    this.#state = error === null ? 'up' : 'down';
  }

  async #read(atMs: number): Promise<ParsedExposition> {
    const { timeoutSeconds, bodyLimitBytes, tokenFile, basicAuth, honorTimestamps, sampleLimit } = this.#job;
    // A controller for each scrape, ended by its timer or by `stop`: nothing long-lived collects listeners.
    const timeout = new AbortController();
    this.#scrape = timeout;
    const timer = setTimeout(() => timeout.abort(), timeoutSeconds * 1000);
    try {
      const { body, format } = await readExposition(this.#spec.url, {
        dispatcher: this.#dispatcher,
        signal: timeout.signal,
        timeoutSeconds,
        bodyLimitBytes,
        tokenFile,
        basicAuth,
      });
      return parseExposition(body, {
        format,
        defaultTimestampMs: atMs,
        honorTimestamps,
        sampleLimit,
        cache: this.#cache,
      });
    } finally {
      clearTimeout(timer);
    }
  }

  #appendStale(batch: SampleBatch, parsed: ParsedExposition | undefined, atMs: number): void {
    for (const series of this.#alive) {
      if (series.epoch !== parsed?.epoch) batch.appendStale(batch.addSeries(series.labels), atMs);
    }
  }

  #appendOwn(batch: SampleBatch, atMs: number, values: readonly number[]): void {
    for (const [i, labels] of this.#own.entries()) {
      batch.append(batch.addSeries(labels), atMs, values[i] as number);
    }
  }

  #write(batch: SampleBatch): Promise<WriteResult> {
    return this.#context.sink.write(batch, { receiver: 'scrape', source: this.#spec.source });
  }
}

function refusedSentence(refused: WriteResult['refused']): string | null {
  const first = refused[0];
  if (first === undefined) return null;
  const total = refused.reduce((sum, { count }) => sum + count, 0);
  return `${total} samples were refused: ${refused.map(({ reason, count }) => `${reason} (${count})`).join(', ')}; the first: ${first.example}`;
}
