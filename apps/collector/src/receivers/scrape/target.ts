import { BinnacleError } from '@binnacle/shared/errors.ts';
import { type MetricMetadata, SampleBatch } from '@binnacle/shared/telemetry/sample-batch.ts';
import { addToCounter } from '../../telemetry/instruments.ts';
import { withSpan } from '../../telemetry/spans.ts';
import { ExpositionCache } from '../../wire/exposition/cache.ts';
import {
  type ExpositionCounts,
  noCounts,
  type ParsedExposition,
  parseExposition,
} from '../../wire/exposition/parse.ts';
import type { InternedSeries } from '../../wire/series-intern.ts';
import type { PolledTarget, ReceiverContext, SourceStatus, WriteResult } from '../receiver.ts';
import type { HttpClient } from './http-client/client.ts';
import { readExposition } from './http-read.ts';
import { mappingOf } from './mapping.ts';
import { optionName } from './pool.ts';
import { ReportSeries } from './report.ts';
import { missedRounds, nextRound } from './schedule.ts';
import type { ScrapeGate } from './scrape-gate.ts';
import type { TargetSpec } from './target-spec.ts';

/** What the targets of a receiver share. */
export interface TargetSurroundings {
  readonly context: ReceiverContext;
  readonly client: HttpClient;
  readonly gate: ScrapeGate;
  /** Why no target of the pool may be scraped, or null. */
  readonly poolFault: () => string | null;
}

interface Reading {
  readonly parsed: ParsedExposition | undefined;
  readonly counts: ExpositionCounts;
  readonly bodyBytes: number;
  readonly error: string | null;
}

/**
 * One target: a loop of its own, so that a target that hangs, lies or dies has only itself to hurt. A read that fails as
 * a whole gives `up` 0 and stale markers for what the target had; a write that fails leaves those markers to the next round.
 */
export class Target {
  readonly #spec: TargetSpec;
  readonly #surroundings: TargetSurroundings;
  readonly #cache: ExpositionCache;
  readonly #report: ReportSeries;
  /** Series that the store takes for alive. */
  #alive: readonly InternedSeries[] = [];
  #unsaidMetadata: readonly MetricMetadata[];
  #scrape: AbortController | undefined;
  #stopped = false;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #state: SourceStatus['state'] = 'waiting';
  #lastSampleAt: number | null = null;
  #lastScrapeAt: number | null = null;
  #lastScrapeSeconds: number | null = null;
  #lastError: string | null = null;

  constructor(spec: TargetSpec, surroundings: TargetSurroundings) {
    this.#spec = spec;
    this.#surroundings = surroundings;
    this.#cache = new ExpositionCache(mappingOf(spec));
    this.#report = new ReportSeries(spec);
    this.#unsaidMetadata = this.#report.metadata;
  }

  /** Begins within `spreadMs`, then goes on at the target's own offset in the interval. */
  start(spreadMs: number): void {
    const first = this.#spec.hashRatio * Math.min(spreadMs, this.#spec.intervalSeconds * 1000);
    this.#timer = setTimeout(() => this.#loop(undefined), first);
  }

  /** Ends the loop; with `gone`, says of everything the target had that it is no more. */
  async stop(gone = false): Promise<void> {
    this.#stopped = true;
    this.#scrape?.abort();
    clearTimeout(this.#timer);
    await this.#running;
    if (!gone || this.#state === 'waiting') return;
    const batch = new SampleBatch(this.#alive.length + 8);
    const atMs = this.#surroundings.context.now();
    for (const series of this.#alive) batch.appendStale(batch.addSeries(series.labels), atMs);
    this.#report.appendStale(batch, atMs);
    await this.#write(batch).catch((error) =>
      this.#surroundings.context.log.warn(
        { source: this.#spec.source, err: error },
        'stale markers of a removed target were not stored',
      ),
    );
  }

  status(): SourceStatus {
    const { url, labels, pool, source, intervalSeconds } = this.#spec;
    return {
      receiver: 'scrape',
      source,
      cluster: labels.cluster ?? pool.defaultLabels.cluster ?? '',
      state: this.#state,
      lastSampleAt: this.#lastSampleAt,
      lastError: this.#lastError,
      address: `${url.origin}${url.pathname}`,
      intervalSeconds,
    };
  }

  details(): PolledTarget {
    const { pool, discovered, labels, url, intervalSeconds, timeoutSeconds } = this.#spec;
    return {
      pool: pool.name,
      discoveredLabels: discovered,
      labels,
      url: url.href,
      health: this.#state === 'waiting' ? 'unknown' : (this.#state as 'up' | 'down'),
      lastError: this.#lastError,
      lastScrapeAt: this.#lastScrapeAt,
      lastScrapeSeconds: this.#lastScrapeSeconds,
      intervalSeconds,
      timeoutSeconds,
    };
  }

  #loop(dueMs: number | undefined): void {
    const { context } = this.#surroundings;
    this.#running = this.#round(dueMs)
      .catch((error) =>
        context.log.error({ source: this.#spec.source, err: error }, 'a scrape failed in a way that was not foreseen'),
      )
      .finally(() => {
        if (this.#stopped) return;
        const intervalMs = this.#spec.intervalSeconds * 1000;
        const next = nextRound(context.now(), intervalMs, this.#spec.hashRatio);
        const missed = dueMs === undefined ? 0 : missedRounds(dueMs, next.dueMs, intervalMs);
        if (missed > 0) addToCounter('binnacle_scrape_skipped_total', missed, { job: this.#spec.pool.name });
        this.#timer = setTimeout(() => this.#loop(next.dueMs), next.waitMs);
      });
  }

  async #round(dueMs: number | undefined): Promise<void> {
    const { context, gate } = this.#surroundings;
    // A controller for each scrape, ended by its timer or by `stop`: nothing long-lived collects listeners.
    this.#scrape = new AbortController();
    if (!(await gate.enter(this.#scrape.signal))) return;
    const begun = performance.now();
    const now = context.now();
    // Timers are late by a few ms: times on the grid compress better, and are what the interval says.
    const tolerance = Math.min(50, this.#spec.intervalSeconds * 10);
    const atMs = Math.round(dueMs !== undefined && Math.abs(now - dueMs) <= tolerance ? dueMs : now);
    const reading = await this.#read(atMs, this.#scrape).finally(() => gate.leave());
    if (this.#stopped) return;
    const { parsed, counts, bodyBytes, error } = reading;
    if (error !== null && this.#state !== 'down')
      context.log.warn({ source: this.#spec.source, reason: error }, 'a target went down');
    const batch = parsed?.batch ?? new SampleBatch(this.#alive.length + 8);
    const vanished = this.#alive.filter((series) => series.epoch !== parsed?.epoch);
    for (const series of vanished) batch.appendStale(batch.addSeries(series.labels), atMs);
    const durationSeconds = (performance.now() - begun) / 1000;
    this.#report.append(batch, atMs, {
      up: error === null ? 1 : 0,
      durationSeconds,
      samples: counts.lines,
      samplesKept: counts.kept,
      seriesAdded: error === null ? counts.added : 0,
      bodyBytes,
    });
    if (this.#unsaidMetadata.length > 0) batch.metadata.unshift(...this.#unsaidMetadata);
    const seen = this.#tracked(parsed);
    try {
      const { refused } = await this.#write(batch);
      this.#alive = seen;
      this.#unsaidMetadata = [];
      this.#lastSampleAt = error === null ? atMs : this.#lastSampleAt;
      this.#lastError = error ?? refusedSentence(refused);
    } catch (cause) {
      // What was to be marked stale is still alive for the store.
      this.#alive = [...vanished, ...seen];
      this.#unsaidMetadata = [...batch.metadata];
      this.#cache.forgetExemplars();
      this.#lastError =
        error ?? `the samples were not stored: ${cause instanceof BinnacleError ? cause.message : 'the store failed'}`;
      context.log.warn({ source: this.#spec.source, err: cause }, 'samples of a scrape were not stored');
    }
    this.#state = error === null ? 'up' : 'down';
    this.#lastScrapeAt = atMs;
    this.#lastScrapeSeconds = durationSeconds;
  }

  /** Series that get a stale marker when they vanish: not those with timestamps of their own, unless the pool says so. */
  #tracked(parsed: ParsedExposition | undefined): readonly InternedSeries[] {
    if (parsed === undefined) return [];
    const all = this.#spec.pool.trackTimestampsStaleness || parsed.series.every((series) => !series.ownTimestamp);
    return all ? parsed.series : parsed.series.filter((series) => !series.ownTimestamp);
  }

  /** Reads and parses; a failure is part of the reading, not thrown. */
  async #read(atMs: number, scrape: AbortController): Promise<Reading> {
    const { pool, url, timeoutSeconds, source } = this.#spec;
    const { client, gate, poolFault } = this.#surroundings;
    const counts = noCounts();
    let bodyBytes = 0;
    const fault = poolFault();
    if (fault !== null) return { parsed: undefined, counts, bodyBytes, error: fault };
    const timer = setTimeout(() => scrape.abort(), timeoutSeconds * 1000);
    try {
      const parsed = await withSpan('binnacle.scrape', { 'binnacle.source': source }, () =>
        readExposition(
          url,
          { pool, client, gate, signal: scrape.signal, timeoutSeconds },
          ({ body, sentBytes, format }) => {
            bodyBytes = sentBytes;
            return parseExposition(body, {
              format,
              defaultTimestampMs: atMs,
              honorTimestamps: pool.honorTimestamps,
              sampleLimit: pool.sampleLimit,
              sampleLimitName: optionName(pool, 'sampleLimit', 'sample_limit'),
              cache: this.#cache,
              counts,
            });
          },
        ),
      );
      this.#count(counts);
      return { parsed, counts, bodyBytes, error: null };
    } catch (cause) {
      this.#cache.forgetExemplars();
      const known = cause instanceof BinnacleError;
      if (known && cause.code === 'body_too_large' && bodyBytes === 0) bodyBytes = -1;
      const error = `${url.host} ${known ? cause.message : 'cannot be read'}`;
      return { parsed: undefined, counts, bodyBytes, error };
    } finally {
      clearTimeout(timer);
    }
  }

  #count({ duplicates, exemplars }: ExpositionCounts): void {
    const job = this.#spec.pool.name;
    if (duplicates > 0) addToCounter('binnacle_scrape_duplicate_samples_total', duplicates, { job });
    if (exemplars > 0) addToCounter('binnacle_scrape_exemplars_total', exemplars, { job });
  }

  #write(batch: SampleBatch): Promise<WriteResult> {
    return this.#surroundings.context.sink.write(batch, { receiver: 'scrape', source: this.#spec.source });
  }
}

function refusedSentence(refused: WriteResult['refused']): string | null {
  const first = refused[0];
  if (first === undefined) return null;
  const total = refused.reduce((sum, { count }) => sum + count, 0);
  return `${total} samples were refused: ${refused.map(({ reason, count }) => `${reason} (${count})`).join(', ')}; the first: ${first.example}`;
}
