import { BinnacleError } from '@binnacle/shared/errors.ts';
import { labelsFromObject } from '@binnacle/shared/telemetry/labels.ts';
import { SampleBatch } from '@binnacle/shared/telemetry/sample-batch.ts';
import { describe, expect, it } from 'vitest';
import { encodeWriteRequest, encodeWriteRequestMessage, writeRequestHeaders } from '../../wire/remote-write-encode.ts';
import { snappyEncode } from '../../wire/snappy.ts';
import type { MutationTarget } from '../contract/harness.ts';
import { openDoor } from '../contract/push-door.ts';
import { describeReceiverContract } from '../contract/suite.ts';
import { remoteWrite } from './index.ts';
import { field, histogramMessage, write2Headers, write2Message } from './testing/write-2-message.ts';

const at = 1_788_000_000_000;

function batchOf(count = 3): SampleBatch {
  const batch = new SampleBatch();
  for (let i = 0; i < count; i++) {
    batch.append(
      batch.addSeries(labelsFromObject({ __name__: 'node_load1', job: 'node', instance: `n${i}` })),
      at,
      i + 0.5,
    );
  }
  batch.metadata.push({ family: 'node_load1', type: 'gauge', help: 'Load.', unit: '' });
  return batch;
}

const post = (origin: string, body: Uint8Array, headers: Record<string, string> = writeRequestHeaders) =>
  fetch(`${origin}/api/v1/write`, { method: 'POST', body: Buffer.from(body), headers });

/** Both versions, broken inside the compression and outside of it. */
function mutationTargets(): MutationTarget[] {
  const url = '/api/v1/write';
  const old = encodeWriteRequestMessage(batchOf());
  const histogram = { atMs: at, count: 3, sum: 4.5, positive: [[0, [1, 2]]] } as const;
  const metadata = { type: 3, help: 'Time.', unit: 'seconds' };
  const labels = { __name__: 'took', job: 'node' };
  const exemplars = [{ labels: { trace_id: 'abc' }, value: 1, atMs: at }];
  const message = write2Message([
    { labels: { ...labels, instance: 'a' }, samples: [{ atMs: at, value: 1 }], metadata, exemplars },
    { labels, histograms: [histogram, { ...histogram, schema: -53, customBounds: [1, 2] }], metadata, exemplars },
  ]);
  const extras = field(1, [
    ...field(1, [...field(1, Buffer.from('__name__')), ...field(2, Buffer.from('h'))]),
    ...field(4, histogramMessage(histogram)),
  ]);
  const targets = { old, extras: Buffer.concat([old, extras]), message };
  return Object.entries(targets).flatMap(([kind, good]) => {
    const headers = kind === 'message' ? write2Headers : writeRequestHeaders;
    return [
      { url, headers, good, wrap: (broken: Buffer) => snappyEncode(broken) },
      { url, headers, good: snappyEncode(good) },
    ];
  });
}

describeReceiverContract(remoteWrite, {
  kind: 'push',
  minimalConfig: {},
  mutate: mutationTargets(),
  placeOfFault: /byte 2: a field of 71 bytes runs past/,
  async open() {
    return {
      config: { labels: { cluster: 'test' } },
      labels: { cluster: 'test', job: 'node' },
      family: 'node_load1',
      push: (origin) => post(origin, encodeWriteRequest(batchOf())),
      pushMalformed: (origin) => post(origin, snappyEncode(encodeWriteRequestMessage(batchOf()).subarray(0, 40))),
      close: async () => {},
    };
  },
});

describe('remote write door', () => {
  it('stores, then answers 204', async () => {
    const door = await openDoor(remoteWrite, {});
    const response = await post(door.origin, encodeWriteRequest(batchOf()));
    expect(response.status).toBe(204);
    expect(await response.text()).toBe('');
    expect(door.sink.find({ instance: 'n2' })).toMatchObject([
      { value: 2.5, timestampMs: at, receiver: 'remote-write', source: 'senders' },
    ]);
    expect(door.sink.metadata).toHaveLength(1);
    expect(door.receiver.sources()).toMatchObject([{ state: 'up', lastSampleAt: at, lastError: null }]);
  });

  it('keeps stale markers', async () => {
    const door = await openDoor(remoteWrite, {});
    const batch = batchOf(1);
    batch.appendStale(0, at + 1);
    await post(door.origin, encodeWriteRequest(batch));
    expect(door.sink.samples.map((sample) => sample.stale)).toEqual([false, true]);
  });

  it('names the first reason and the counts after the rest was stored', async () => {
    const door = await openDoor(remoteWrite, {});
    door.sink.refuse((labels) => (labels.get('instance') === 'n1' ? 'too_old' : undefined));
    const response = await post(door.origin, encodeWriteRequest(batchOf()));
    expect(response.status).toBe(400);
    expect(await response.text()).toMatch(
      /1 of 3 samples were refused, the rest is stored: too_old \(1\); the first: .*n1/,
    );
    expect(door.sink.samples).toHaveLength(2);
  });

  it('refuses series with a repeated label or without a name, one by one', async () => {
    const door = await openDoor(remoteWrite, {});
    const message = Buffer.from([
      0x0a,
      0x1f,
      0x0a,
      0x0d,
      0x0a,
      8,
      ...Buffer.from('__name__'),
      0x12,
      1,
      0x6d,
      0x0a,
      6,
      0x0a,
      1,
      0x61,
      0x12,
      1,
      0x31,
      0x0a,
      6,
      0x0a,
      1,
      0x61,
      0x12,
      1,
      0x32,
    ]);
    message[1] = message.length - 2 + 4;
    const noName = [0x0a, 12, 0x0a, 6, 0x0a, 1, 0x61, 0x12, 1, 0x31, 0x12, 2, 0x10, 5];
    const response = await post(door.origin, snappyEncode(Buffer.from([...message, 0x12, 2, 0x10, 5, ...noName])));
    expect(response.status).toBe(400);
    expect(await response.text()).toMatch(/2 of 2 .*duplicate_label \(1\), no_metric_name \(1\)/);
  });

  it('stores native histograms as classic ones, behind the plain samples', async () => {
    const door = await openDoor(remoteWrite, { labels: { cluster: 'c' } });
    const label = (name: string, value: string) =>
      field(1, [...field(1, Buffer.from(name)), ...field(2, Buffer.from(value))]);
    const histogram = histogramMessage({ atMs: at, count: 3, sum: 4.5, positive: [[0, [1, 2]]] });
    const plain = field(1, Buffer.concat([label('__name__', 'x_count'), field(2, [0x10, 5])]));
    const native = field(1, Buffer.concat([label('__name__', 'x'), field(4, histogram), field(4, [])]));
    const nameless = field(1, Buffer.concat([label('a', 'b'), field(4, histogram)]));
    const response = await post(door.origin, snappyEncode(Buffer.concat([plain, native, nameless])));
    expect([response.status, await response.text()]).toEqual([
      400,
      expect.stringMatching(/1 of 3 histograms were refused, the rest is stored: no_metric_name \(1\)/),
    ]);
    expect(response.headers.get('x-prometheus-remote-write-samples-written')).toBe('1');
    expect(response.headers.get('x-prometheus-remote-write-histograms-written')).toBe('2');
    expect(
      door.sink.find({ __name__: 'x_bucket', cluster: 'c' }).map(({ labels, value }) => [labels.le, value]),
    ).toEqual([
      ['0.5', 0],
      ['1.0', 1],
      ['2.0', 3],
      ['+Inf', 3],
      // The second histogram is empty: the same buckets hold nothing.
      ['0.5', 0],
      ['1.0', 0],
      ['2.0', 0],
      ['+Inf', 0],
    ]);
    expect(door.sink.find({ __name__: 'x_count' }).map(({ value }) => value)).toEqual([0, 3, 0]);
    expect(door.sink.find({ __name__: 'x_sum' }).map(({ value }) => value)).toEqual([4.5, 0]);
    expect(door.sink.faults).toEqual([]);
  });

  it('says so when a 2.0 message comes without its Content-Type', async () => {
    const door = await openDoor(remoteWrite, {});
    const body = snappyEncode(write2Message([{ labels: { __name__: 'm' }, samples: [{ atMs: at, value: 1 }] }]));
    const response = await post(door.origin, body);
    expect([response.status, await response.text()]).toEqual([400, expect.stringMatching(/write\.v2\.Request/)]);
  });

  it('pushes back with 503 and Retry-After when the store is away', async () => {
    const door = await openDoor(remoteWrite, {});
    door.sink.failNext(new BinnacleError('store_unavailable', 'the store is away', { retryAfterSeconds: 3 }));
    const response = await post(door.origin, encodeWriteRequest(batchOf()));
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '3']);
    expect(door.receiver.sources()[0]).toMatchObject({ state: 'waiting', lastError: 'the store is away' });
  });

  it.each([
    ['text/plain', 'snappy', /Content-Type \\"text\/plain/],
    ['application/json', 'snappy', /Content-Type/],
    ['application/x-protobuf;proto=io.prometheus.write.v3.Request', 'snappy', /write\.v3\.Request.* is not known/],
    ['application/x-protobuf;proto=toString', 'snappy', /toString.* is not known/],
    ['application/x-protobuf', 'gzip', /Content-Encoding \\"gzip/],
  ])('answers 415 to %s, %s', async (type, encoding, message) => {
    const door = await openDoor(remoteWrite, {});
    const response = await post(door.origin, encodeWriteRequest(batchOf()), {
      'content-type': type,
      'content-encoding': encoding,
    });
    expect(response.status).toBe(415);
    expect(await response.text()).toMatch(message);
  });

  it('takes the 1.0 message named in full', async () => {
    const door = await openDoor(remoteWrite, {});
    const headers = {
      ...writeRequestHeaders,
      'content-type': 'application/x-protobuf; proto="prometheus.WriteRequest"',
    };
    expect((await post(door.origin, encodeWriteRequest(batchOf()), headers)).status).toBe(204);
  });

  it('answers 413 to a body that is too long, and to one that would inflate to be', async () => {
    const door = await openDoor(remoteWrite, { maxBodyBytes: 1024, maxInflatedBytes: 2048 });
    expect((await post(door.origin, Buffer.alloc(1025))).status).toBe(413);
    const bomb = await post(door.origin, snappyEncode(Buffer.alloc(4096)));
    expect(bomb.status).toBe(413);
    expect(await bomb.text()).toMatch(/inflates to 4096 bytes/);
  });

  it('answers 400 to an empty body and to bytes that are not snappy', async () => {
    const door = await openDoor(remoteWrite, {});
    for (const body of [Buffer.alloc(0), Buffer.from('hello'), Buffer.from([0xff, 0xff])]) {
      expect((await post(door.origin, body)).status).toBe(400);
    }
  });
});
