import type { RefusalReason, SampleOrigin, WriteResult } from '../receivers/receiver.ts';
import { ArrivalTimes } from './arrival-times.ts';
import { RateWindow } from './rate-window.ts';

/** Samples refused for one reason, or requests for one error code. */
export interface RefusalRecord {
  count: number;
  /** ms since 1970 */
  lastAt: number;
  /** Labels and fault of the newest one, or the sentence that its sender was told. */
  example: string;
}

/** What has come from one source since this process began. All times are ms since 1970. */
export interface SourceFreshness {
  readonly receiver: string;
  readonly source: string;
  /** One of those who push into a door; undefined for the source as a whole. */
  readonly sender: string | undefined;
  /** Whether all that is known of it is what an earlier process wrote down. */
  recalled: boolean;
  /** Samples accepted. */
  accepted: number;
  /** Samples refused, by reason. */
  readonly refused: Map<RefusalReason, RefusalRecord>;
  /** Whole requests refused, by error code: whatever their samples, none was looked at. */
  readonly refusedRequests: Map<string, RefusalRecord>;
  /** Newest sample taken in, by the source's clock; null before the first. */
  lastSampleAt: number | null;
  /** When the newest batch with an accepted sample came, by this clock. */
  lastAcceptedAt: number | null;
  readonly arrivals: ArrivalTimes;
  readonly acceptedRate: RateWindow;
  readonly refusedRate: RateWindow;
  /** Time spent silent in pauses that have ended, ms. */
  silentMs: number;
}

/** What became of a batch, as far as freshness goes. */
export interface CountedBatch {
  readonly accepted: number;
  readonly refused: WriteResult['refused'];
  /** Newest accepted sample; null where none was. */
  readonly newestAt: number | null;
  /** Of the samples refused as too far in the future the one least far, by the source's clock; null where none was. */
  readonly aheadAt: number | null;
}

export interface FreshnessOptions {
  /** ms since 1970 */
  readonly now: () => number;
  /** Sources, and senders, kept at most; beyond it the longest silent one goes. */
  readonly maxSources?: number;
  readonly maxSenders?: number;
}

/** What is silent for longer is forgotten: nobody waits for it any more. */
const forgetMs = 7 * 86_400_000;
/** A source is silent when nothing came for this many of its usual intervals, and a little more. */
const silenceIntervals = 3;
const silenceSlackMs = 15_000;

/** After which pause a source counts as silent, ms; null while nobody knows how often it sends. */
export function silenceAfterMs({ arrivals }: SourceFreshness): number | null {
  const usual = arrivals.usualIntervalMs;
  return usual === null ? null : usual * silenceIntervals + silenceSlackMs;
}

/**
 * Freshness of each (receiver, source) and of each sender at a push door: what the Freshness page, the Sources page and
 * the metrics `binnacle_source_*` and `binnacle_sender_*` read. Bounded; the order of each map is that of the newest
 * arrivals, the longest silent first.
 */
export class FreshnessTable {
  readonly #sources = new Map<string, SourceFreshness>();
  readonly #senders = new Map<string, SourceFreshness>();
  readonly #options: Required<FreshnessOptions>;
  /** When this process began to watch: nothing is counted as silence of a source before. */
  readonly startedAtMs: number;
  #evicted = 0;

  constructor(options: FreshnessOptions) {
    this.#options = { maxSources: 10_000, maxSenders: 5000, ...options };
    this.startedAtMs = options.now();
  }

  /** Sources and senders let go because there were too many. */
  get evicted(): number {
    return this.#evicted;
  }

  /** Counts a batch of which something may have been taken, for its source and for its sender. */
  count(origin: SampleOrigin, batch: CountedBatch): void {
    const nowMs = this.#options.now();
    for (const entry of this.#entries(origin)) {
      this.#arrived(entry, nowMs, batch.newestAt ?? batch.aheadAt);
      entry.accepted += batch.accepted;
      if (batch.accepted > 0) {
        entry.acceptedRate.add(batch.accepted, nowMs);
        entry.lastAcceptedAt = nowMs;
      }
      if (batch.newestAt !== null && batch.newestAt > (entry.lastSampleAt ?? 0)) entry.lastSampleAt = batch.newestAt;
      note(entry, batch.refused, nowMs);
    }
  }

  /** Counts samples that a receiver refused before they became a batch. */
  refuse(origin: SampleOrigin, refused: WriteResult['refused']): void {
    const nowMs = this.#options.now();
    for (const entry of this.#entries(origin)) {
      this.#arrived(entry, nowMs, null);
      note(entry, refused, nowMs);
    }
  }

  /** Counts a request that was refused as a whole; `message` is what its sender was told. */
  refuseRequest(origin: SampleOrigin, code: string, message: string, samples: number): void {
    const nowMs = this.#options.now();
    for (const entry of this.#entries(origin)) {
      this.#arrived(entry, nowMs, null);
      entry.refusedRate.add(samples, nowMs);
      add(entry.refusedRequests, code, 1, message, nowMs);
    }
  }

  /** Puts back what an earlier process knew of a source that has not come back yet. */
  recall(
    origin: SampleOrigin,
    known: {
      readonly lastArrivalAt: number;
      readonly lastSampleAt: number | null;
      readonly usualIntervalMs: number | null;
    },
  ): void {
    const isSender = origin.sender !== undefined;
    const entries = isSender ? this.#senders : this.#sources;
    if (entries.has(keyOf(origin)) || known.lastArrivalAt < this.#options.now() - forgetMs) return;
    const entry = this.#entry(entries, origin);
    entry.recalled = true;
    entry.lastSampleAt = known.lastSampleAt;
    entry.arrivals.recall(known.lastArrivalAt, known.usualIntervalMs);
  }

  /** How long it has been silent since this process began, ms; what came before is not its watch. */
  silentMs(entry: SourceFreshness): number {
    return entry.silentMs + this.#silence(entry, this.#options.now());
  }

  /** Every source as a whole; those silent for a week are forgotten on the way. */
  all(): Iterable<SourceFreshness> {
    this.#forget(this.#sources);
    return this.#sources.values();
  }

  /** Every sender at a push door. */
  senders(): Iterable<SourceFreshness> {
    this.#forget(this.#senders);
    return this.#senders.values();
  }

  of(receiver: string, source: string): SourceFreshness | undefined {
    return this.#sources.get(keyOf({ receiver, source }));
  }

  #entries(origin: SampleOrigin): SourceFreshness[] {
    const { receiver, source, sender } = origin;
    const whole = this.#entry(this.#sources, sender === undefined ? origin : { receiver, source });
    return sender === undefined ? [whole] : [whole, this.#entry(this.#senders, origin)];
  }

  #entry(entries: Map<string, SourceFreshness>, origin: SampleOrigin): SourceFreshness {
    const key = keyOf(origin);
    let entry = entries.get(key);
    if (entry === undefined) {
      const most = entries === this.#sources ? this.#options.maxSources : this.#options.maxSenders;
      if (entries.size >= most) {
        this.#evicted++;
        for (const longestSilent of entries.keys()) {
          entries.delete(longestSilent);
          break;
        }
      }
      entry = emptyEntry(origin);
    } else entries.delete(key);
    entries.set(key, entry);
    return entry;
  }

  #arrived(entry: SourceFreshness, nowMs: number, newestSampleAt: number | null): void {
    entry.silentMs += this.#silence(entry, nowMs);

    entry.recalled = false;
    entry.arrivals.note(nowMs, newestSampleAt);
  }

  #silence(entry: SourceFreshness, nowMs: number): number {
    const after = silenceAfterMs(entry);
    const { lastAt } = entry.arrivals;
    if (after === null || lastAt === null) return 0;
    return Math.max(0, nowMs - Math.max(lastAt, this.startedAtMs) - after);
  }

  #forget(entries: Map<string, SourceFreshness>): void {
    const before = this.#options.now() - forgetMs;
    for (const [key, { arrivals }] of entries) {
      if ((arrivals.lastAt ?? 0) >= before) break;
      entries.delete(key);
    }
  }
}

const keyOf = ({ receiver, source, sender }: SampleOrigin): string =>
  sender === undefined ? `${receiver}/${source}` : `${receiver}/${source}\n${sender}`;

function emptyEntry({ receiver, source, sender }: SampleOrigin): SourceFreshness {
  return {
    receiver,
    source,
    sender,
    recalled: false,
    accepted: 0,
    refused: new Map(),
    refusedRequests: new Map(),
    lastSampleAt: null,
    lastAcceptedAt: null,
    arrivals: new ArrivalTimes(),
    acceptedRate: new RateWindow(),
    refusedRate: new RateWindow(),
    silentMs: 0,
  };
}

function note(entry: SourceFreshness, refused: WriteResult['refused'], nowMs: number): void {
  for (const { reason, count, example } of refused) {
    entry.refusedRate.add(count, nowMs);
    add(entry.refused, reason, count, example, nowMs);
  }
}

function add<K>(to: Map<K, RefusalRecord>, key: K, count: number, example: string, nowMs: number): void {
  const known = to.get(key);
  if (known === undefined) to.set(key, { count, lastAt: nowMs, example });
  else {
    known.count += count;
    known.lastAt = nowMs;
    known.example = example;
  }
}
