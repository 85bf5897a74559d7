import type { ClustersAnswer, SourcesAnswer } from '@binnacle/shared/api/domain.ts';

/** A door that stands open and that nobody has come through: nothing is connected there. */
export const isUnusedDoor = (source: SourcesAnswer['sources'][number]): boolean =>
  source.state === 'waiting' && source.intervalSeconds === null && source.lastSampleAt === null;

/**
 * The clusters that a person can choose. What the gateway says of itself has no cluster, so the cluster without a name is
 * left out until a source or a sender without a cluster is there: a fresh start has none, and pages say what to connect.
 */
export function visibleClusters(
  clusters: ClustersAnswer['clusters'],
  sources: SourcesAnswer | undefined,
): ClustersAnswer['clusters'] {
  const nameless =
    sources === undefined ||
    sources.sources.some((source) => source.cluster === '' && source.state !== 'consent' && !isUnusedDoor(source)) ||
    sources.doors.some((door) => door.accepted > 0);
  return clusters.filter((cluster) => cluster.name !== '' || nameless);
}
