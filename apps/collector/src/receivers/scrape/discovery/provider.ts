/** Targets that were found together: the labels of the group hold for each, the target's own win. */
export interface TargetGroup {
  readonly labels: Readonly<Record<string, string>>;
  /** Labels of each target; `__address__` is where it is. */
  readonly targets: readonly Readonly<Record<string, string>>[];
}

/** How a place where targets are looked up fares, for the Sources page. */
export interface ProviderState {
  /** The file, URL or API that is asked; no secrets. */
  readonly place: string;
  /** Targets that it names now; null while it has never answered. */
  readonly targets: number | null;
  /** Why it could not be read last time, as a sentence; null where it could. */
  readonly error: string | null;
}

/**
 * One way to find targets. A provider keeps the last good answer when its source fails, says so in `states`, and hands out
 * the same group object as long as nothing in it changed: relabelling is done once for each.
 */
export interface TargetProvider {
  /** Begins to look; calls `changed` whenever `groups` or `states` differ from before. */
  start(): void;
  /** Ends every timer, request, watch and handle. */
  stop(): Promise<void>;
  groups(): readonly TargetGroup[];
  states(): readonly ProviderState[];
}
