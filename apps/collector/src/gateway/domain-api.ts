import {
  type ClustersAnswer,
  type RecordsAnswer,
  recordsBody,
  recordsParameters,
  type SourcesAnswer,
} from '@binnacle/shared/api/domain.ts';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import type { RecordReader, RecordSink } from '@binnacle/shared/telemetry/records.ts';
import type { FastifyInstance } from 'fastify';
import { demoCluster } from '../demo/scenario.ts';
import type { ReceiverSet } from '../pipeline/receiver-set.ts';
import type { SourceStatus } from '../receivers/receiver.ts';
import { addToCounter } from '../telemetry/instruments.ts';
import { doorGroup } from './server.ts';

export interface DomainApiOptions {
  readonly store: RecordReader &
    RecordSink & { clusters(): Promise<readonly { readonly name: string; readonly series: number }[]> };
  readonly receivers: ReceiverSet;
  /** Found sources that wait for a person's consent; empty while Postgres is away. */
  readonly consentSources: () => Promise<readonly SourceStatus[]>;
  /** Sends a test notification. Throws `not_found`, `upstream_failed`, or `state_unavailable` while Postgres is away. */
  readonly testChannel: (id: string) => Promise<unknown>;
}

/** The doors under `/api/binnacle/`; their shapes are in `packages/shared/src/api/domain.ts`. */
export async function registerDomainApi(app: FastifyInstance, options: DomainApiOptions): Promise<void> {
  const { store, receivers } = options;
  await doorGroup(app, 'sources:read', (group) => {
    group.get('/api/binnacle/sources', async (): Promise<SourcesAnswer> => {
      const configured = receivers.sources();
      const known = new Set(configured.map(({ receiver, address }) => `${receiver} ${address}`));
      const waiting = (await options.consentSources()).filter(
        ({ receiver, address }) => !known.has(`${receiver} ${address}`),
      );
      return { sources: [...configured, ...waiting], doors: receivers.doors() };
    });
    group.get('/api/binnacle/clusters', { config: { action: 'telemetry:read' } }, async (): Promise<ClustersAnswer> => {
      const clusters = await store.clusters();
      return { clusters: clusters.map(({ name, series }) => ({ name, series, demo: name === demoCluster })) };
    });
    group.get(
      '/api/binnacle/records',
      { config: { action: 'telemetry:read' } },
      async (request): Promise<RecordsAnswer> => {
        const { kind, cluster, key, keyPrefix, from, to, limit } = recordsParameters.parse(request.query);
        const records = await store.listRecords({
          kind,
          limit,
          ...(cluster === undefined ? {} : { cluster }),
          ...(key === undefined ? {} : { key }),
          ...(keyPrefix === undefined ? {} : { keyPrefix }),
          ...(from === undefined ? {} : { fromMs: from }),
          ...(to === undefined ? {} : { toMs: to }),
        });
        return { records: records.map((record) => ({ ...record })) };
      },
    );
    group.post('/api/binnacle/records', { config: { action: 'telemetry:write' } }, async (request) => {
      const { records } = recordsBody.parse(request.body);
      await store.putRecords(records);
      for (const { kind } of records) addToCounter('binnacle_records_total', 1, { kind });
      return { accepted: records.length };
    });
    group.post('/api/binnacle/channels/:id/test', { config: { action: 'channels:test' } }, async (request) => {
      const { id } = request.params as { id: string };
      if (!/^[0-9a-f-]{36}$/i.test(id)) throw new BinnacleError('not_found', 'there is no channel with that id');
      return { result: (await options.testChannel(id)) ?? null };
    });
  });
}
