import { hash } from 'node:crypto';

const maxRemembered = 10_000;
const rememberedMs = 10 * 60_000;

interface Remembered {
  readonly stored: Promise<void>;
  readonly at: number;
}

/**
 * Requests that were stored lately, by the digest of their bytes: a sender whose answer was lost sends the same bytes again,
 * and its rows must not be stored twice. Digests of the last ten minutes and 10,000 requests are kept.
 */
export class RecentRequests {
  readonly #byDigest = new Map<string, Remembered>();

  /**
   * Runs `store` unless the same bytes were stored before or are being stored now; then their outcome is waited for.
   * A request that failed is forgotten. Returns whether it was stored now.
   */
  async once(body: Uint8Array, nowMs: number, store: () => Promise<void>): Promise<boolean> {
    const digest = hash('sha256', body, 'base64');
    const known = this.#byDigest.get(digest);
    if (known !== undefined && nowMs - known.at <= rememberedMs) {
      await known.stored;
      return false;
    }
    const stored = store();
    this.#byDigest.delete(digest);
    this.#byDigest.set(digest, { stored, at: nowMs });
    this.#forget(nowMs);
    try {
      await stored;
    } catch (error) {
      this.#byDigest.delete(digest);
      throw error;
    }
    return true;
  }

  #forget(nowMs: number): void {
    for (const [digest, { at }] of this.#byDigest) {
      if (this.#byDigest.size <= maxRemembered && nowMs - at <= rememberedMs) return;
      this.#byDigest.delete(digest);
    }
  }
}
