import { quote } from '../engine/engine.ts';
import { exemplars } from '../exemplars/tables.ts';
import { otelLogs, otelTraces, otelTraceTimes } from '../otel/tables.ts';
import { type ClusterPlace, clusterForm, localName } from '../schema/cluster-form.ts';
import type { Migration } from '../schema/migrations.ts';
import {
  metricMetadata,
  records,
  samplesByBucket,
  sealed,
  series,
  seriesSpan,
  type TableDefinition,
} from '../schema/tables.ts';

const made = (place: ClusterPlace, ...tables: readonly TableDefinition[]) =>
  tables.flatMap((table) => clusterForm(place, table));

/**
 * What each step of the schema is on a cluster: the same tables as they stand after all steps of one server that came before
 * clusters, so steps that only mended those have nothing to do. A step that is released is never changed.
 */
const forms: Readonly<Record<number, (place: ClusterPlace) => string[]>> = {
  1: (place) => made(place, { ...samplesByBucket, name: 'samples' }, series, seriesSpan, metricMetadata, records),
  2: () => [],
  // Nothing is sealed where several may write, so there is no table to gather rows in.
  3: (place) => made(place, sealed),
  4: (place) => [
    ...made(place, otelTraces, otelTraceTimes),
    // On each shard from its own rows to its own rows: both tables are distributed by the trace.
    `CREATE MATERIALIZED VIEW IF NOT EXISTS ${place.database}.otel_traces_trace_id_ts_mv ON CLUSTER ${quote(place.cluster)} TO ${place.database}.${localName(otelTraceTimes.name)}
AS SELECT TraceId, min(Timestamp) AS Start, max(Timestamp) AS End
FROM ${place.database}.${localName(otelTraces.name)} WHERE TraceId != '' GROUP BY TraceId`,
    ...made(place, otelLogs),
  ],
  5: (place) => made(place, exemplars),
};

/** The steps of one server as they are on a cluster. Throws for a step that has no such form. */
export function onCluster(cluster: string, migrations: readonly Migration[]): Migration[] {
  return migrations.map(({ version, name }) => {
    const form = forms[version];
    if (form === undefined) throw new Error(`step ${version} of the telemetry schema has no form for a cluster`);
    return { version, name, statements: (database) => form({ cluster, database }) };
  });
}
