/**
 * Chance without state: the same entity at the same step of time always draws the same number, in whatever order the
 * simulator is asked, so that a scrape, a file and the history of one moment agree.
 */

/** A seed for an entity by name (FNV-1a, 32 bits). Compute once, not per draw. */
export function seedOf(name: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/** Whole number in 0…2³²−1 for an entity and a step (the finaliser of MurmurHash3). */
export function draw(seed: number, step: number): number {
  let hash = seed ^ Math.imul(step | 0, 0x9e3779b1);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** 0 ≤ x < 1 */
export function uniform(seed: number, step: number): number {
  return draw(seed, step) / 2 ** 32;
}

/** Mean 0, standard deviation 1, never beyond ±3: the sum of three uniform draws. */
export function bell(seed: number, step: number): number {
  return 2 * (uniform(seed, step) + uniform(seed ^ 0x5bd1e995, step) + uniform(seed ^ 0x1b873593, step) - 1.5);
}

/** −1…1, wandering: draws every `period` steps, joined by straight lines. For temperatures and loads. */
export function wander(seed: number, step: number, period: number): number {
  const block = Math.floor(step / period);
  const share = step / period - block;
  return 2 * ((1 - share) * uniform(seed, block) + share * uniform(seed, block + 1)) - 1;
}

/** Share of a normal distribution below z (Abramowitz and Stegun 7.1.26, error below 1.5e-7). */
export function normalBelow(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * x);
  const poly = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  const erf = 1 - poly * Math.exp(-x * x);
  return z >= 0 ? (1 + erf) / 2 : (1 - erf) / 2;
}
