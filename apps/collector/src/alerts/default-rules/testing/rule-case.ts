/** How a shipped rule is shown to work. Series in the notation of Prometheus' rule tests, a sample every 15 s from 0. */
export interface RuleCase {
  readonly fires: readonly string[];
  /** When the first alert fires, in seconds: the fault, up to an interval, and `for`. */
  readonly at: number;
  /** The summary at that moment. */
  readonly says: string;
  /** Healthy series, and near misses, at which the rule must say nothing, ever. */
  readonly quiet: readonly string[];
}

export type RuleCases = Readonly<Record<string, RuleCase>>;
