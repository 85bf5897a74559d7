/**
 * The next point of a target's grid: multiples of the interval, moved by the target's own share of it. A point that is
 * less than a tenth of the interval away is left out: timers may fire a little early, and then it is the one just done.
 */
export function nextRound(
  nowMs: number,
  intervalMs: number,
  ratio: number,
): { readonly dueMs: number; readonly waitMs: number } {
  const offset = ratio * intervalMs;
  let dueMs = (Math.floor((nowMs - offset) / intervalMs) + 1) * intervalMs + offset;
  if (dueMs - nowMs < intervalMs / 10) dueMs += intervalMs;
  return { dueMs, waitMs: dueMs - nowMs };
}

/** Points of the grid between one that was due and the next one, which went by while the scrape was under way. */
export function missedRounds(dueMs: number, nextDueMs: number, intervalMs: number): number {
  return Math.max(0, Math.round((nextDueMs - dueMs) / intervalMs) - 1);
}
