import { BinnacleError } from '@binnacle/shared/errors.ts';

/** Below which speed a body may be cut off when others need its room, and how long it is watched before. */
export interface BodyPace {
  readonly bytesPerSecond: number;
  readonly graceMs: number;
}

const defaultGraceMs = 5000;
/** Room is reserved in steps of this many bytes as a body arrives: what a client announces costs nothing yet. */
const stepBytes = 32 * 1024;

/**
 * Bytes of the bodies that are being read or answered at one time. Room is taken as the bytes arrive, whatever length was
 * announced. When there is none, bodies that come more slowly than the pace are cut off, and what still finds no room is
 * refused: many large requests at once, or many slow ones, neither fill the memory nor keep the others out.
 */
export class BodyBudget {
  readonly #totalBytes: number;
  readonly #pace: BodyPace;
  readonly #now: () => number;
  readonly #reading = new Set<ReadBody>();
  #taken = 0;

  constructor(
    totalBytes: number,
    largestBytes: number,
    pace: Partial<BodyPace> = {},
    now: () => number = () => performance.now(),
  ) {
    this.#totalBytes = Math.max(totalBytes, largestBytes);
    this.#pace = { bytesPerSecond: 0, graceMs: defaultGraceMs, ...pace };
    this.#now = now;
  }

  get takenBytes(): number {
    return this.#taken;
  }

  /**
   * Begins with a body of so many bytes, undefined where nobody said. `cutOff` is called when it is too slow and its room is
   * needed; the room is given back already then. Throws `over_capacity`.
   */
  begin(announcedBytes: number | undefined, cutOff: () => void): ReadBody {
    const announced = announcedBytes !== undefined && announcedBytes >= 0 ? announcedBytes : Number.POSITIVE_INFINITY;
    const first = Math.min(announced, stepBytes);
    this.take(first);
    const body = new ReadBody(this, first, announced, { ...this.#pace, now: this.#now }, () => {
      body.close();
      cutOff();
    });
    this.#reading.add(body);
    return body;
  }

  /** Takes room for bytes that are there already. Throws `over_capacity`. */
  take(bytes: number): void {
    if (this.#taken + bytes > this.#totalBytes) this.#cutSlowOnes(bytes);
    if (this.#taken + bytes > this.#totalBytes) {
      throw new BinnacleError('over_capacity', 'too many bodies are being read at once; send again later', {
        retryAfterSeconds: 2,
      });
    }
    this.#taken += bytes;
  }

  giveBack(bytes: number): void {
    this.#taken -= bytes;
  }

  /** A body that is there as a whole is never too slow. */
  forget(body: ReadBody): void {
    this.#reading.delete(body);
  }

  #cutSlowOnes(neededBytes: number): void {
    for (const body of this.#reading) {
      if (this.#taken + neededBytes <= this.#totalBytes) return;
      if (body.slow) body.cutOff();
    }
  }
}

/** One body on its way in, and the room that it holds. */
export class ReadBody {
  readonly #budget: BodyBudget;
  readonly #announced: number;
  readonly #pace: BodyPace & { readonly now: () => number };
  readonly cutOff: () => void;
  #reserved: number;
  #arrived = 0;
  #markBytes = 0;
  #markAt: number;
  #closed = false;

  constructor(
    budget: BodyBudget,
    reserved: number,
    announced: number,
    pace: BodyPace & { readonly now: () => number },
    cutOff: () => void,
  ) {
    this.#budget = budget;
    this.#reserved = reserved;
    this.#announced = announced;
    this.#pace = pace;
    this.cutOff = cutOff;
    this.#markAt = pace.now();
  }

  /** Whether it has come more slowly than the pace for at least the grace. */
  get slow(): boolean {
    const elapsedMs = this.#pace.now() - this.#markAt;
    return (
      elapsedMs >= this.#pace.graceMs &&
      this.#arrived - this.#markBytes < (this.#pace.bytesPerSecond * elapsedMs) / 1000
    );
  }

  /** Counts bytes that came. Throws `over_capacity` when there is no room for them; the body is closed then. */
  arrived(bytes: number): void {
    if (this.#closed) return;
    // The speed of long ago says nothing: a fast beginning does not pay for a slow end.
    if (this.#pace.now() - this.#markAt >= this.#pace.graceMs && !this.slow) {
      this.#markAt = this.#pace.now();
      this.#markBytes = this.#arrived;
    }
    this.#arrived += bytes;
    const missing = this.#arrived - this.#reserved;
    if (missing <= 0) return;
    const more = Math.max(missing, Math.min(stepBytes, this.#announced - this.#reserved));
    try {
      this.#budget.take(more);
    } catch (error) {
      this.close();
      throw error;
    }
    // It may itself have been the slow one whose room was needed.
    if (this.#closed) this.#budget.giveBack(more);
    else this.#reserved += more;
  }

  /** All of it is there; its room stays taken until it is closed. */
  complete(): void {
    this.#budget.forget(this);
  }

  /** Gives the room back; more than once does no harm. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#budget.forget(this);
    this.#budget.giveBack(this.#reserved);
  }
}
