import { BinnacleError } from '@binnacle/shared/errors.ts';
import type { SampleBatch } from '@binnacle/shared/telemetry/sample-batch.ts';
import type { SampleOrigin, SampleSink, WriteResult } from '../receivers/receiver.ts';
import { addToCounter, observeGauge, recordSeconds } from '../telemetry/instruments.ts';
import { withSpan } from '../telemetry/spans.ts';
import { checkExemplars, together } from './exemplar-check.ts';
import { FreshnessTable } from './freshness.ts';
import { bytesOf, GroupCommit, type InsertBatches } from './group-commit.ts';
import type { Limits } from './limits.ts';
import { type CheckedBatch, checkBatch } from './sample-check.ts';
import { SeriesCheck } from './series-check.ts';

export interface PipelineOptions {
  readonly limits: Limits;
  readonly insert: InsertBatches;
  /** ms since 1970 */
  readonly now: () => number;
}

/** What is on its way to the store. */
export interface PipelineQueue {
  /** Samples taken in and not yet written. */
  readonly unwrittenSamples: number;
  readonly inFlightBytes: number;
  /** How long the oldest of them has waited, ms; null when none does. */
  readonly oldestUnwrittenMs: number | null;
  /** Series written within the last hour or two. */
  readonly activeSeries: number;
}

const dayMs = 86_400_000;
const noRefusals: WriteResult['refused'] = [];

/**
 * What stands between the receivers and the store: limits, group commit, acknowledgement, freshness. `write` resolves
 * after `insert` did for these samples, and rejects with `body_too_large`, `over_capacity` or `store_unavailable`.
 */
export class Pipeline implements SampleSink {
  readonly freshness: FreshnessTable;
  readonly #limits: Limits;
  readonly #now: () => number;
  readonly #series: SeriesCheck;
  readonly #commits: GroupCommit;
  readonly #unobserve: (() => void)[];

  constructor(options: PipelineOptions) {
    this.#limits = options.limits;
    this.#now = options.now;
    this.freshness = new FreshnessTable({ now: options.now });
    this.#series = new SeriesCheck(options.limits);
    this.#commits = new GroupCommit({
      insert: (batches, acknowledge) =>
        withSpan('binnacle.pipeline.commit', { 'binnacle.batches': batches.length }, () =>
          options.insert(batches, acknowledge),
        ),
      inFlightBytes: options.limits.inFlightBytes,
      commitSamples: options.limits.commitSamples,
      commitMilliseconds: options.limits.commitMilliseconds,
      spoolSamplesPerSecond: options.limits.spoolSamplesPerSecond,
      onCommit: (samples, seconds, failed) => {
        addToCounter('binnacle_pipeline_commits_total', 1, { outcome: failed ? 'failed' : 'stored' });
        if (!failed) addToCounter('binnacle_pipeline_stored_samples_total', samples);
        recordSeconds('binnacle_pipeline_commit_duration_seconds', seconds);
      },
    });
    this.#unobserve = [
      observeGauge('binnacle_pipeline_in_flight_bytes', (set) => set(this.#commits.inFlightBytes)),
      observeGauge('binnacle_pipeline_active_series', (set) => set(this.#series.active)),
      observeGauge('binnacle_pipeline_unwritten_samples', (set) => set(this.#commits.unwrittenSamples)),
      observeGauge('binnacle_pipeline_oldest_unwritten_seconds', (set) => {
        const ms = this.#commits.oldestUnwrittenMs;
        if (ms !== undefined) set(ms / 1000);
      }),
    ];
  }

  async write(batch: SampleBatch, origin: SampleOrigin): Promise<WriteResult> {
    try {
      return this.#count(await this.#store(batch, origin), origin);
    } catch (error) {
      const code = error instanceof BinnacleError ? error.code : 'internal';
      addToCounter('binnacle_pipeline_refused_requests_total', 1, { receiver: origin.receiver, code });
      const message = error instanceof BinnacleError ? error.message : 'a fault of Binnacle; the log has the cause';
      this.freshness.refuseRequest(origin, code, message, batch.length);
      throw error;
    }
  }

  async #store(batch: SampleBatch, origin: SampleOrigin): Promise<CheckedBatch> {
    const { samplesPerRequest } = this.#limits;
    if (batch.length > samplesPerRequest || batch.exemplars.length > samplesPerRequest) {
      throw new BinnacleError(
        'body_too_large',
        `${batch.length} samples in one request; at most ${samplesPerRequest} are taken (limits.samplesPerRequest)`,
      );
    }
    this.#commits.ensureRoom(bytesOf(batch));
    const nowMs = this.#now();
    this.#series.tick(nowMs);
    const sourceName = `${origin.receiver}/${origin.source}`;
    const bounds = {
      oldestMs: nowMs - this.#limits.retentionDays * dayMs,
      newestMs: nowMs + this.#limits.futureSeconds * 1000,
    };
    const refusedExemplars = batch.exemplars.length === 0 ? undefined : checkExemplars(batch, this.#limits, bounds);
    const checked = checkBatch(batch, this.#series.checkOf(batch, sourceName), bounds);
    // Metadata alone is worth an insert: senders of remote write send it in requests of its own.
    const { length, metadata, exemplars } = checked.batch;
    if (length + metadata.length + exemplars.length > 0) await this.#commits.write(checked.batch);
    if (refusedExemplars === undefined || refusedExemplars.size === 0) return checked;
    return { ...checked, refused: together(checked.refused, refusedExemplars) };
  }

  /** Resolves when all samples that wait now are in the store, or were refused. */
  settled(): Promise<void> {
    return this.#commits.settled();
  }

  /** Counts samples that a receiver refused before they became part of a batch. */
  noteRefused(refused: WriteResult['refused'], origin: SampleOrigin): void {
    const { receiver, source } = origin;
    for (const { reason, count } of refused) {
      addToCounter('binnacle_source_refused_samples_total', count, { receiver, source, reason });
    }
    this.freshness.refuse(origin, refused);
  }

  /** What is on its way to the store. */
  get queue(): PipelineQueue {
    return {
      unwrittenSamples: this.#commits.unwrittenSamples,
      inFlightBytes: this.#commits.inFlightBytes,
      oldestUnwrittenMs: this.#commits.oldestUnwrittenMs ?? null,
      activeSeries: this.#series.active,
    };
  }

  /** Active series of one source. */
  activeSeriesOf(receiver: string, source: string): number {
    return this.#series.activeOf(`${receiver}/${source}`);
  }

  /** Writes what waits and takes nothing more. */
  async close(): Promise<void> {
    await this.#commits.close();
    for (const unobserve of this.#unobserve) unobserve();
  }

  #count({ batch, refused, refusedRows, newestMs }: CheckedBatch, origin: SampleOrigin): WriteResult {
    const labels = { receiver: origin.receiver, source: origin.source };
    if (batch.length > 0) addToCounter('binnacle_source_samples_total', batch.length, labels);
    const list: WriteResult['refused'][number][] = [];
    for (const [reason, { count, example }] of refused) {
      addToCounter('binnacle_source_refused_samples_total', count, { ...labels, reason });
      list.push({ reason, count, example });
    }
    const aheadAt = refused.get('too_far_in_future')?.earliestMs ?? null;
    this.freshness.count(origin, { accepted: batch.length, refused: list, newestAt: newestMs, aheadAt });
    const exemplars = batch.exemplars.length === 0 ? {} : { acceptedExemplars: batch.exemplars.length };
    if (list.length === 0) return { accepted: batch.length, refused: noRefusals, ...exemplars };
    return { accepted: batch.length, refused: list, refusedRows, ...exemplars };
  }
}
