const slotMs = 10_000;
const slots = 7;

/** How much came per second over the last minute, from counts of ten seconds. Two numbers a slot, no object. */
export class RateWindow {
  readonly #counts = new Float64Array(slots);
  readonly #ticks = new Float64Array(slots).fill(-1);
  #firstAtMs: number | null = null;

  add(count: number, atMs: number): void {
    this.#firstAtMs ??= atMs;
    const tick = Math.floor(atMs / slotMs);
    const i = tick % slots;
    if (this.#ticks[i] !== tick) {
      this.#ticks[i] = tick;
      this.#counts[i] = 0;
    }
    this.#counts[i] = (this.#counts[i] as number) + count;
  }

  /** Per second, over the last 60 to 70 s or since the first count; null before it has been watched for ten seconds. */
  perSecond(nowMs: number): number | null {
    if (this.#firstAtMs === null) return null;
    const tick = Math.floor(nowMs / slotMs);
    const fromMs = Math.max(this.#firstAtMs, (tick - slots + 1) * slotMs);
    const seconds = (nowMs - fromMs) / 1000;
    if (seconds < slotMs / 1000) return null;
    let sum = 0;
    for (let i = 0; i < slots; i++) {
      if ((this.#ticks[i] as number) > tick - slots) sum += this.#counts[i] as number;
    }
    return sum / seconds;
  }
}
