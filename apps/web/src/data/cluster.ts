'use client';

import { useQuery } from '@tanstack/react-query';
import { useFrameState } from '#state/frame-state.ts';
import { visibleClusters } from './cluster-list.ts';
import { fetchClusters, fetchSources } from './domain.ts';

/** A PromQL string in double quotes. */
export const quote = (text: string) =>
  `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;

/** Name for people; the empty name is a cluster too. */
export const clusterLabel = (name: string) => (name === '' ? 'default' : name);

/**
 * The cluster that the page shows: the URL's, else the demo where it has data, else the first one.
 * `name` is undefined until the list is there, and stays so when no cluster has data.
 */
export function useCluster() {
  const { cluster: asked } = useFrameState();
  const query = useQuery({
    queryKey: ['clusters'],
    queryFn: ({ signal }) => fetchClusters(signal),
    refetchInterval: 15_000,
    staleTime: 10_000,
    meta: { live: true },
  });
  // Also the panels' question, under the same key: asked once.
  const sources = useQuery({
    queryKey: ['sources'],
    queryFn: ({ signal }) => fetchSources(signal),
    meta: { live: true },
  });
  // Only where there is nothing but the cluster without a name do the sources decide whether it is one.
  const undecided = sources.isPending && query.data?.clusters.every((cluster) => cluster.name === '') === true;
  const clusters =
    query.data === undefined || undecided ? undefined : visibleClusters(query.data.clusters, sources.data);
  const first =
    clusters?.find((cluster) => cluster.demo) ?? clusters?.find((cluster) => cluster.name !== '') ?? clusters?.[0];
  const name = asked ?? first?.name;
  return {
    clusters,
    name,
    demo: clusters?.find((cluster) => cluster.name === name)?.demo ?? false,
    /** Known to have no cluster at all, as opposed to not known yet. */
    none: clusters !== undefined && clusters.length === 0 && asked === null,
    matcher: name === undefined ? undefined : `cluster=${quote(name)}`,
    /** Why no question can be asked: the clusters are not known, and the URL names none. */
    blocked:
      name === undefined && query.error !== null
        ? { error: query.error, retry: () => void query.refetch() }
        : undefined,
  };
}
