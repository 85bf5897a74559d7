import type { GridAnswer, GridRequest } from '@binnacle/shared/telemetry/grid.ts';
import { labelBits } from '../series/series-id.ts';

/** How long a metric is not tried again whose samples made an answer doubtful. */
const restMs = 600_000;
const mostRemembered = 1000;

/** Metrics for which an answer had to be declined: the work would be done twice at every query. */
export class DoubtfulMetrics {
  readonly #known = new Map<string, { readonly reason: string; readonly untilMs: number }>();
  readonly #now: () => number;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  remember(request: GridRequest, reason: string): GridAnswer {
    if (this.#known.size >= mostRemembered) this.#known.clear();
    this.#known.set(keyOf(request), { reason, untilMs: this.#now() + restMs });
    return { kind: 'declined', reason };
  }

  /** Why the last answer was declined, where that is not long ago. */
  reason(request: GridRequest): string | undefined {
    const known = this.#known.get(keyOf(request));
    if (known === undefined || known.untilMs > this.#now()) return known?.reason;
    this.#known.delete(keyOf(request));
    return undefined;
  }
}

/** Other selections of the metric, and other times, are likely to hold the same kind of samples. */
function keyOf({ method, function: fn, aggregation, series }: GridRequest): string {
  const [first] = series;
  return `${method} ${fn} ${aggregation ?? ''} ${first === undefined ? '' : first.id >> labelBits}`;
}
