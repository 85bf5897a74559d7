import type { Random } from './random.ts';
import type { World } from './random-data.ts';
import { ExpressionWriter } from './random-expressions.ts';
import type { Reach } from './random-selectors.ts';

/** A question for engines: a range query, or with a step of 0 an instant query at `startMs`. */
export interface Case {
  readonly query: string;
  readonly startMs: number;
  readonly endMs: number;
  readonly stepMs: number;
}

const stepsSeconds = [1, 7, 15, 15, 30, 37, 60, 60, 100, 300, 1000] as const;

/**
 * A random query at a random time. Off boundaries, it is asked an eighth of a second after whole ones.
 * `plain` names a function that the query is to be of, and of little else.
 */
export function randomCase(random: Random, world: World, reach: Reach, plain?: string): Case {
  const writer = new ExpressionWriter(random, world, reach);
  const query = plain === undefined ? writer.query(random.whole(1, 4)) : writer.plainQuery(plain);
  const fraction = reach.prometheus2 ? 125 : random.pick([0, 125, 250, 500]);
  const startMs = world.startMs + random.whole(1800, 4 * 3600) * 1000 + fraction;
  if (random.chance(0.12)) return { query, startMs, endMs: startMs, stepMs: 0 };
  const stepMs = random.pick(stepsSeconds) * 1000;
  const endMs = startMs + random.whole(0, 25) * stepMs + random.pick([0, 0, 400]);
  return { query, startMs, endMs, stepMs };
}
