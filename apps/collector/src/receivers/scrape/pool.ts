import type { TargetProvider } from './discovery/provider.ts';
import type { ClientOptions } from './http-client/client-options.ts';
import type { Preset } from './presets/preset-shape.ts';
import type { Relabelling } from './relabel/relabel.ts';

/** What a provider is given to work with. */
export interface ProviderContext {
  readonly changed: () => void;
  readonly log: import('pino').Logger;
}

/**
 * A scrape job in one form, whether it came from `jobs` or in Prometheus' syntax: what its targets share, and how they are
 * found. Limits of 0 are none.
 */
export interface ScrapePool {
  /** Label `job`, unless relabelling says otherwise. */
  readonly name: string;
  /**
   * own: from `jobs`. Addresses may be URLs, `instance` has its port written out, and a second target of the same job and
   * instance is a fault. prometheus: as Prometheus has it.
   */
  readonly syntax: 'own' | 'prometheus';
  readonly intervalSeconds: number;
  readonly timeoutSeconds: number;
  readonly scheme: string;
  readonly path: string;
  readonly params: Readonly<Record<string, readonly string[]>>;
  readonly honorLabels: boolean;
  readonly honorTimestamps: boolean;
  readonly trackTimestampsStaleness: boolean;
  readonly sampleLimit: number;
  readonly targetLimit: number;
  readonly labelLimit: number;
  readonly labelNameLengthLimit: number;
  readonly labelValueLengthLimit: number;
  readonly bodyLimitBytes: number;
  /** Dropped targets that are shown; all are counted. */
  readonly keepDroppedTargets: number;
  readonly accept: string;
  readonly enableCompression: boolean;
  readonly client: ClientOptions;
  readonly makeProviders: (context: ProviderContext) => readonly TargetProvider[];
  readonly relabel: Relabelling | undefined;
  readonly metricRelabel: Relabelling | undefined;
  readonly preset: Preset;
  /** Metric names, matched in full, whose series are left out. */
  readonly metricDrop: readonly RegExp[];
  /** Labels for series that lack them, the receiver's own included; as external_labels at remote write. */
  readonly defaultLabels: Readonly<Record<string, string>>;
  /** Also `scrape_timeout_seconds`, `scrape_sample_limit` and `scrape_body_size_bytes`. */
  readonly extraMetrics: boolean;
}

/** The option's name as whoever wrote this job knows it. */
export function optionName(pool: ScrapePool, own: string, prometheus: string): string {
  return pool.syntax === 'own' ? own : prometheus;
}
