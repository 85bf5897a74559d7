import type { AddressInfo } from 'node:net';
import type { Scope } from '@binnacle/shared/access.ts';
import { maxListedRecords } from '@binnacle/shared/api/domain.ts';
import type { RecordQuery, TelemetryRecord } from '@binnacle/shared/telemetry/records.ts';
import { pino } from 'pino';
import { expect, it, onTestFinished } from 'vitest';
import { createAuthorize } from '../gateway/authentication.ts';
import { registerDomainApi } from '../gateway/domain-api.ts';
import { createServer } from '../gateway/server.ts';
import { limitsWith } from '../pipeline/limits.ts';
import { Pipeline } from '../pipeline/pipeline.ts';
import { ReceiverSet } from '../pipeline/receiver-set.ts';
import { recallFromGateway } from './recall-from-gateway.ts';

const log = pino({ level: 'silent' });
const record: TelemetryRecord = { kind: 'mcp_tool', cluster: 'c 1&x', key: 's/a tool', at: 5, body: { a: [1] } };
const signal = AbortSignal.timeout(30_000);

/** The gateway's own door over these records, for keys with these scopes. */
async function gateway(scopes: readonly Scope[], records: readonly TelemetryRecord[]) {
  const asked: RecordQuery[] = [];
  const pipeline = new Pipeline({ limits: limitsWith(), now: Date.now, insert: async () => {} });
  const app = createServer({
    authorize: createAuthorize({
      // As anywhere but on loopback: a key decides.
      host: '0.0.0.0',
      apiKey: undefined,
      verifyKey: async (key) =>
        key === 'the-key-of-the-agent' ? { kind: 'key', id: '1', name: 'agent', scopes } : undefined,
    }),
    limits: limitsWith(),
    log,
  });
  const putRecords = async () => {};
  await registerDomainApi(app, {
    store: {
      listRecords: async (query) => {
        asked.push(query);
        return records.slice(0, query.limit);
      },
      putRecords,
      clusters: async () => [],
    },
    receivers: new ReceiverSet([], {}, { pipeline, records: { putRecords }, log, now: Date.now }),
    consentSources: async () => [],
    testChannel: async () => null,
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  onTestFinished(async () => {
    await app.close();
    await pipeline.close();
  });
  return { url: `http://127.0.0.1:${(app.server.address() as AddressInfo).port}/`, asked };
}

it('gives back what the gateway has of one source', async () => {
  const { url, asked } = await gateway(['write', 'read'], [record]);
  const recall = recallFromGateway(url, 'the-key-of-the-agent');
  expect(await recall('mcp_tool', { cluster: 'c 1&x', keyPrefix: 's/' }, signal)).toEqual([record]);
  expect(await recall('drift_probe', { cluster: '', key: 'p/serial' }, signal)).toHaveLength(1);
  expect(asked).toEqual([
    { kind: 'mcp_tool', cluster: 'c 1&x', keyPrefix: 's/', limit: maxListedRecords },
    { kind: 'drift_probe', cluster: '', key: 'p/serial', limit: maxListedRecords },
  ]);
});

it('says that the key needs the scope read', async () => {
  const { url, asked } = await gateway(['write'], [record]);
  const query = { cluster: '', keyPrefix: 's/' };
  await expect(recallFromGateway(url, 'the-key-of-the-agent')('mcp_tool', query, signal)).rejects.toMatchObject({
    code: 'forbidden',
    message: 'the gateway wants a key with the scope read (it answered 403).',
  });
  await expect(recallFromGateway(url, undefined)('mcp_tool', query, signal)).rejects.toMatchObject({
    message: expect.stringContaining('401'),
  });
  expect(asked).toEqual([]);
});

it('takes an answer that may be cut for none', async () => {
  const many = Array.from({ length: maxListedRecords }, (_, i) => ({ ...record, key: `s/${i}`, body: null }));
  const { url } = await gateway(['read'], many);
  await expect(
    recallFromGateway(url, 'the-key-of-the-agent')('mcp_tool', { cluster: '', keyPrefix: 's/' }, signal),
  ).rejects.toMatchObject({ code: 'query_limit' });
});

it('fails in a sentence while the gateway is away', async () => {
  await expect(
    recallFromGateway('http://127.0.0.1:1', 'k')('mcp_tool', { cluster: '', keyPrefix: 's/' }, signal),
  ).rejects.toMatchObject({ code: 'upstream_failed' });
});
