import type { GlobalConfig, ScrapeEntry } from './scrape-config.ts';

/** A scrape config with what `global` says filled in; times in seconds, limits of 0 are none. */
export interface ResolvedEntry {
  readonly entry: ScrapeEntry;
  readonly intervalSeconds: number;
  readonly timeoutSeconds: number;
  readonly limits: Readonly<Record<LimitName, number>>;
  readonly protocols: GlobalConfig['scrape_protocols'];
  readonly defaultLabels: Readonly<Record<string, string>>;
  /** The file that it came from; paths are relative to where that is. Undefined: it stood in our own config. */
  readonly file: string | undefined;
}

const limitDefaults = {
  sample_limit: 0,
  target_limit: 0,
  label_limit: 0,
  label_name_length_limit: 0,
  label_value_length_limit: 0,
  body_size_limit: 0,
  keep_dropped_targets: 0,
} as const;
export type LimitName = keyof typeof limitDefaults;

/** Fills in what `global` says; a sentence where interval and timeout don't fit. */
export function resolveEntry(
  entry: ScrapeEntry,
  global: GlobalConfig,
  more: { readonly labels: Readonly<Record<string, string>>; readonly file: string | undefined },
): ResolvedEntry | string {
  const intervalSeconds = entry.scrape_interval ?? global.scrape_interval ?? 60;
  // Only a timeout of the entry's own may be wrong; the global one yields to a short interval.
  const timeoutSeconds = entry.scrape_timeout ?? Math.min(global.scrape_timeout ?? 10, intervalSeconds);
  if (timeoutSeconds > intervalSeconds) return 'scrape_timeout is longer than the scrape interval';
  const limits = Object.fromEntries(
    Object.entries(limitDefaults).map(([name, fallback]) => [
      name,
      entry[name as LimitName] ?? global[name as LimitName] ?? fallback,
    ]),
  ) as Record<LimitName, number>;
  return {
    entry,
    intervalSeconds,
    timeoutSeconds,
    limits,
    protocols: entry.scrape_protocols ?? global.scrape_protocols,
    defaultLabels: { ...more.labels, ...global.external_labels },
    file: more.file,
  };
}
