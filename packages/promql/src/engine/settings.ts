import type { SampleReader } from '@binnacle/shared/telemetry/reader.ts';
import { type Features, noFeatures } from '../language/features.ts';
import type { PlanChoice } from '../plan/cost.ts';
import { Together } from './together.ts';

export interface EngineOptions {
  readonly reader: SampleReader;
  /** Most samples and values that a query may hold at once: what it keeps of the store, and its largest intermediate result. */
  readonly maxSamples?: number;
  /** Most raw samples that a query may read in all. */
  readonly maxSamplesRead?: number;
  /** Most samples or values that all running queries together may hold; five times `maxSamples` where left out. */
  readonly maxSamplesTogether?: number;
  /** How far back an instant selector looks for a sample. */
  readonly lookbackMs?: number;
  /** Most steps of a range query. */
  readonly maxPoints?: number;
  readonly timeoutMs?: number;
  /** Experimental parts of the language that may be used; none where left out. */
  readonly features?: Features;
  /** Most series one selector may read. */
  readonly maxSeries?: number;
  /** Step of subqueries that name none. */
  readonly subqueryStepMs?: number;
  /** Which plan to take: the cheaper by estimate where left out; answers do not depend on it. */
  readonly plan?: PlanChoice;
  /** ms since 1970, of instant queries without a time. */
  readonly now?: () => number;
}

const defaults = {
  maxSamples: 50_000_000,
  maxSamplesRead: 500_000_000,
  lookbackMs: 300_000,
  maxPoints: 11_000,
  timeoutMs: 120_000,
  features: noFeatures,
  maxSeries: 100_000,
  subqueryStepMs: 60_000,
  plan: 'auto' as PlanChoice,
  now: () => Date.now(),
};

/** The options with every default, and what all queries of an engine share. */
export type Settings = Required<EngineOptions> & { readonly together: Together };

/** Fills in what was left out. */
export function settingsOf(options: EngineOptions): Settings {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const chosen = { ...defaults, ...(given as EngineOptions) };
  const maxSamplesTogether = chosen.maxSamplesTogether ?? 5 * chosen.maxSamples;
  return { ...chosen, maxSamplesTogether, together: new Together(maxSamplesTogether) };
}
