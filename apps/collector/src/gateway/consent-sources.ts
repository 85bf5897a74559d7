import { listFoundSources } from '@binnacle/db/state/found-sources.ts';
import type { State } from '@binnacle/db/state/open-state.ts';
import { discoveredCluster } from '../discover/discovered-cluster.ts';
import type { SourceStatus } from '../receivers/receiver.ts';

/** Sources found on the machine that start commands, and that nobody has agreed to yet. Empty while Postgres is away. */
export async function consentSources(state: State | undefined): Promise<SourceStatus[]> {
  if (state === undefined) return [];
  const found = await listFoundSources(state).catch(() => []);
  return found
    .filter((source) => source.needsConsent && source.consentedAt === null)
    .map((source) => ({
      receiver: source.receiver,
      source: source.name,
      cluster: discoveredCluster,
      state: 'consent',
      lastSampleAt: null,
      lastError: 'reading it starts a command of your configuration: agree to it on the Sources page',
      address: source.address,
      intervalSeconds: null,
    }));
}
