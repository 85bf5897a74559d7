/**
 * Question: which share of a pipeline-parallel step do the devices wait in the bubble?
 *
 * Formula, p stages, m microbatches a step, B = (p−1)/(m+p−1):
 *   GPipe and 1F1B                  B of the total time            GPipe, arXiv:1811.06965
 *   1F1B, interleaved v chunks      (p−1)/(v·m) of the ideal time  Megatron-LM, arXiv:2104.04473 §2.2
 *   zero bubble ZB1P/ZB2P/ZBV/V-Half/V-Min   B/3, 0, 0, B/2, 2B/3  sail-sg/zero-bubble-pipeline-parallelism README
 * The two denominators differ: share of total = r/(1+r) of a ratio r to the ideal time.
 *
 * Inputs: whole numbers ≥ 1. Assumptions: equal stages, no communication time; zero bubble: forward, backward and weight
 * passes take the same time. Interleaving multiplies the point-to-point traffic by v and needs m divisible by p.
 *
 * Unknown: undefined for inputs that are not whole numbers ≥ 1, and for interleaving with m not divisible by p.
 */
export type ZeroBubbleSchedule = 'zb1p' | 'zb2p' | 'zbv' | 'v_half' | 'v_min';

const shareOfBubble: Record<ZeroBubbleSchedule, number> = { zb1p: 1 / 3, zb2p: 0, zbv: 0, v_half: 1 / 2, v_min: 2 / 3 };

const counts = (...values: number[]): boolean => values.every((value) => Number.isInteger(value) && value >= 1);

/** Bubble over total time, GPipe and plain 1F1B. One microbatch is naive model parallelism: utilisation 1/p. */
export function bubbleShareOfTotal(stages: number, microbatches: number): number | undefined {
  return counts(stages, microbatches) ? (stages - 1) / (microbatches + stages - 1) : undefined;
}

/** Bubble over ideal time of 1F1B; `chunks` > 1 is the interleaved schedule (v model chunks a device). */
export function bubbleRatioToIdeal(stages: number, microbatches: number, chunks = 1): number | undefined {
  if (!counts(stages, microbatches, chunks) || (chunks > 1 && microbatches % stages !== 0)) return undefined;
  return (stages - 1) / (chunks * microbatches);
}

/** Bubble over total time of the zero-bubble schedules, by the approximation of their authors' table. */
export function zeroBubbleShareOfTotal(
  schedule: ZeroBubbleSchedule,
  stages: number,
  microbatches: number,
): number | undefined {
  const share = bubbleShareOfTotal(stages, microbatches);
  return share === undefined ? undefined : shareOfBubble[schedule] * share;
}
