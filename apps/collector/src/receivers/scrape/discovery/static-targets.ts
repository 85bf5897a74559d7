import type { ProviderState, TargetGroup, TargetProvider } from './provider.ts';

/** Targets that stand in the configuration itself. */
export class StaticTargets implements TargetProvider {
  readonly #groups: readonly TargetGroup[];

  constructor(groups: readonly TargetGroup[]) {
    this.#groups = groups;
  }

  start(): void {}

  async stop(): Promise<void> {}

  groups(): readonly TargetGroup[] {
    return this.#groups;
  }

  states(): readonly ProviderState[] {
    return [];
  }
}
