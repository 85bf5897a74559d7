import { BinnacleError } from '@binnacle/shared/errors.ts';
import { describe, expect, it } from 'vitest';
import { snappyEncode } from '../../wire/snappy.ts';
import { openDoor } from '../contract/push-door.ts';
import { remoteWrite } from './index.ts';
import { field, type TestSeries, varint, write2Headers, write2Message } from './testing/write-2-message.ts';

const at = 1_788_000_000_000;
const one: TestSeries = { labels: { __name__: 'up', job: 'node' }, samples: [{ atMs: at, value: 1 }] };
const up = (instance: string, value = 1): TestSeries => ({
  labels: { __name__: 'up', instance, job: 'node' },
  samples: [{ atMs: at, value }],
});

async function send(message: Uint8Array, { headers = {}, raw = false, config = {}, prepare }: SendOptions = {}) {
  const door = await openDoor(remoteWrite, config);
  prepare?.(door.sink);
  const response = await fetch(`${door.origin}/api/v1/write`, {
    method: 'POST',
    body: Buffer.from(raw ? message : snappyEncode(message)),
    headers: { ...write2Headers, ...headers },
  });
  const written = (kind: string) => response.headers.get(`x-prometheus-remote-write-${kind}-written`);
  return {
    status: response.status,
    text: await response.text(),
    retryAfter: response.headers.get('retry-after'),
    written: [written('samples'), written('histograms'), written('exemplars')],
    sink: door.sink,
  };
}
interface SendOptions {
  readonly headers?: Record<string, string>;
  readonly raw?: boolean;
  readonly config?: unknown;
  readonly prepare?: (sink: Awaited<ReturnType<typeof openDoor>>['sink']) => void;
}

/** What the specification (2.0-rc.4) asks of a receiver, sentence by sentence: what is sent, and what must come back. */
describe('remote write 2.0, by its specification', () => {
  const message = write2Message([one]);
  it.each<{ says: string; send: Uint8Array; options?: SendOptions; status: number; written: string[]; text?: RegExp }>([
    {
      says: 'all written: a 2xx, the body empty, best 204, with the three counts',
      send: message,
      status: 204,
      written: ['1', '0', '0'],
      text: /^$/,
    },
    {
      says: 'nothing sent is all written',
      send: Buffer.alloc(0),
      status: 204,
      written: ['0', '0', '0'],
      text: /^$/,
    },
    {
      says: 'the proto parameter may be quoted, its name in any case',
      send: message,
      options: { headers: { 'content-type': 'Application/X-Protobuf; Proto="io.prometheus.write.v2.Request"' } },
      status: 204,
      written: ['1', '0', '0'],
    },
    {
      says: 'Content-Type decides, not the version header',
      send: message,
      options: { headers: { 'x-prometheus-remote-write-version': '0.1.0' } },
      status: 204,
      written: ['1', '0', '0'],
    },
    ...['application/json', 'image/png', 'application/x-protobuf;proto=io.prometheus.write.v3.Request'].map((type) => ({
      says: `415 for the content type ${type}`,
      send: message,
      options: { headers: { 'content-type': type } },
      status: 415,
      written: ['0', '0', '0'],
    })),
    ...['gzip', 'deflate', 'zstd'].map((encoding) => ({
      says: `415 for the encoding ${encoding}`,
      send: message,
      options: { headers: { 'content-encoding': encoding } },
      status: 415,
      written: ['0', '0', '0'],
    })),
    {
      says: '415 for a version that does not exist',
      send: message,
      options: { headers: { 'x-prometheus-remote-write-version': '3.0.0' } },
      status: 415,
      written: ['0', '0', '0'],
      text: /3\.0\.0/,
    },
    {
      says: 'the framed format of snappy must not be used',
      send: Buffer.from([0xff, 6, 0, 0, ...Buffer.from('sNaPpY'), 1, 5, 0, 0, 1, 2, 3, 4, 5]),
      options: { raw: true },
      status: 400,
      written: ['0', '0', '0'],
      text: /framed/,
    },
    {
      says: 'a 1.0 message under a 2.0 content type is refused, not read as empty',
      send: field(1, field(1, [])),
      status: 400,
      written: ['0', '0', '0'],
      text: /prometheus\.WriteRequest/,
    },
    {
      says: 'references must point into the table: the others are written',
      send: write2Message([one, { labels: {}, refs: [1, 99], samples: [{ atMs: at, value: 1 }] }]),
      status: 400,
      written: ['1', '0', '0'],
      text: /1 of 2 samples .*bad_label_ref \(1\); the first: labels_refs names symbol 99 of 5/,
    },
    {
      says: 'references come in pairs',
      send: write2Message([one, { labels: {}, refs: [1, 2, 3], samples: [{ atMs: at, value: 1 }] }]),
      status: 400,
      written: ['1', '0', '0'],
      text: /bad_label_ref \(1\).*3 references/,
    },
    {
      says: 'the first symbol must be the empty string',
      send: write2Message([one], ['__name__', 'up', 'job', 'node', 'x']),
      status: 400,
      written: ['0', '0', '0'],
      text: /first symbol/,
    },
    {
      says: 'a repeated label name is refused: the others are written',
      send: write2Message([
        one,
        {
          labels: [
            ['__name__', 'up'],
            ['a', '1'],
            ['a', '2'],
          ],
          samples: [{ atMs: at, value: 1 }],
        },
      ]),
      status: 400,
      written: ['1', '0', '0'],
      text: /1 of 2 samples .*duplicate_label/,
    },
    {
      says: 'an empty label name is refused',
      send: write2Message([
        {
          labels: [
            ['', 'x'],
            ['__name__', 'up'],
          ],
          samples: [{ atMs: at, value: 1 }],
        },
      ]),
      status: 400,
      written: ['0', '0', '0'],
      text: /bad_label_name/,
    },
    {
      says: 'labels that are not UTF-8 are refused with the place',
      send: Buffer.concat([
        field(4, []),
        field(4, Buffer.from('__name__')),
        field(4, [0x61, 0xff]),
        field(5, Buffer.concat([field(1, [1, 2]), field(2, [0x10, ...varint(at)])])),
      ]),
      status: 400,
      written: ['0', '0', '0'],
      text: /byte \d+: a string is not UTF-8/,
    },
    {
      says: 'a broken body is 400, with the place',
      send: message.subarray(0, message.length - 3),
      status: 400,
      written: ['0', '0', '0'],
      text: /byte \d+/,
    },
    {
      says: 'partial write: 400, with how many samples of which reason, and the precise counts',
      send: write2Message([up('a'), up('b'), up('c')]),
      options: { prepare: (sink) => sink.refuse((labels) => (labels.get('instance') === 'b' ? 'too_old' : undefined)) },
      status: 400,
      written: ['2', '0', '0'],
      text: /1 of 3 samples were refused, the rest is stored: too_old \(1\); the first: .*b/,
    },
    {
      says: 'a histogram of which one bucket was refused counts as not written',
      send: write2Message([
        one,
        {
          labels: { __name__: 'h' },
          histograms: [
            { atMs: at, count: 1, sum: 1, positive: [[0, [1]]] },
            { atMs: at + 1, count: 1, sum: 1, positive: [[0, [1]]] },
          ],
        },
      ]),
      options: {
        prepare: (sink) =>
          sink.refuse((labels, time) => (labels.get('le') === '1.0' && time === at ? 'too_many_series' : undefined)),
      },
      status: 400,
      written: ['1', '1', '0'],
      text: /1 of 2 histograms were refused, the rest is stored: too_many_series \(1\)/,
    },
    {
      says: 'exemplars are written, and counted',
      send: write2Message([{ ...one, exemplars: [{ labels: { trace_id: 'a' }, value: 2, atMs: at }, { value: 3 }] }]),
      status: 204,
      written: ['1', '0', '2'],
    },
    {
      says: 'an exemplar whose references point nowhere is refused: the rest is written',
      send: write2Message([{ ...one, exemplars: [{ refs: [1, 70], value: 2, atMs: at }, { value: 3 }] }]),
      status: 400,
      written: ['1', '0', '1'],
      text: /1 of 2 exemplars were refused, the rest is stored: bad_exemplar \(1\)/,
    },
    {
      says: 'overload is 503 with Retry-After, and nothing written: the whole request may be sent again',
      send: message,
      options: {
        prepare: (sink) => sink.failNext(new BinnacleError('over_capacity', 'too much', { retryAfterSeconds: 4 })),
      },
      status: 503,
      written: ['0', '0', '0'],
    },
  ])('$says', async ({ send: body, options, status, written, text }) => {
    const answer = await send(body, options);
    expect({ status: answer.status, written: answer.written }).toEqual({ status, written });
    if (text !== undefined) expect(answer.text).toMatch(text);
    if (status >= 400) expect(answer.text).not.toBe('');
    if (status === 503) expect(answer.retryAfter).toBe('4');
    expect(answer.sink.samples).toHaveLength(answer.sink.samples.filter(({ labels }) => labels.__name__).length);
    expect(answer.sink.faults).toEqual([]);
  });
});

describe('what remote write 2.0 carries', () => {
  it('samples by their bits, labels sorted, empty values left out, symbols in any order and unpacked', async () => {
    const message = write2Message([
      {
        labels: [
          ['job', 'node'],
          ['empty', ''],
          ['__name__', 'größe'],
          ['Ω.unit', 'µ'],
        ],
        unpackedRefs: true,
        samples: [
          { atMs: at, value: Number.NEGATIVE_INFINITY, startMs: at - 5 },
          { atMs: at + 1, value: -0 },
        ],
      },
    ]);
    const { status, sink } = await send(message, { config: { labels: { cluster: 'west' } } });
    expect(status).toBe(204);
    expect(sink.samples).toMatchObject([
      { labels: { __name__: 'größe', cluster: 'west', job: 'node', 'Ω.unit': 'µ' }, value: Number.NEGATIVE_INFINITY },
      { value: -0 },
    ]);
    expect(sink.samples[0]?.labels).not.toHaveProperty('empty');
  });

  it('exemplars with the time of their series where they have none, and under the buckets of a native histogram', async () => {
    const { sink } = await send(
      write2Message([
        { ...one, exemplars: [{ labels: { trace_id: 'a' }, value: 2, atMs: at - 5 }, { value: 3 }] },
        {
          labels: { __name__: 'h', job: 'j' },
          histograms: [{ atMs: at + 7, count: 1, sum: 1, positive: [[0, [1]]] }],
          exemplars: [{ labels: { span_id: 's' }, value: 0.5 }],
        },
      ]),
    );
    const seen = sink.exemplars.map(({ series, labels, timestampMs, value }) => [
      series.toObject(),
      labels.toObject(),
      timestampMs - at,
      value,
    ]);
    expect(seen).toEqual([
      [one.labels, { trace_id: 'a' }, -5, 2],
      [one.labels, {}, 0, 3],
      [{ __name__: 'h_bucket', job: 'j' }, { span_id: 's' }, 7, 0.5],
    ]);
  });

  it('symbols that stand behind the series', async () => {
    const message = write2Message([one]);
    const table = write2Message([], ['', '__name__', 'up', 'job', 'node']);
    const { status, sink } = await send(Buffer.concat([message.subarray(table.length), table]));
    expect([status, sink.samples.length]).toEqual([204, 1]);
  });

  it('the same series by other tables, request after request', async () => {
    const door = await openDoor(remoteWrite, {});
    for (const order of [0, 1, 2]) {
      const extra = Array.from({ length: order }, (_, i) => up(`extra-${order}-${i}`));
      const body = Buffer.from(snappyEncode(write2Message([...extra, up('same', order)])));
      const response = await fetch(`${door.origin}/api/v1/write`, { method: 'POST', body, headers: write2Headers });
      expect(response.status).toBe(204);
    }
    expect(door.sink.find({ instance: 'same' }).map(({ value }) => value)).toEqual([0, 1, 2]);
    expect(door.sink.samples).toHaveLength(6);
  });

  it('metadata once per family, whatever the series of a histogram is called', async () => {
    const metadata = { type: 3, help: 'Time taken.', unit: 'seconds' };
    const { sink } = await send(
      write2Message([
        { labels: { __name__: 'took_bucket', le: '1' }, samples: [{ atMs: at, value: 1 }], metadata },
        { labels: { __name__: 'took_sum' }, samples: [{ atMs: at, value: 1 }], metadata },
        { labels: { __name__: 'hits_total' }, samples: [{ atMs: at, value: 1 }], metadata: { type: 1, help: 'Hits.' } },
        { labels: { __name__: 'plain' }, samples: [{ atMs: at, value: 1 }], metadata: { type: 0 } },
      ]),
    );
    expect(sink.metadata).toEqual([
      { family: 'took', type: 'histogram', help: 'Time taken.', unit: 'seconds' },
      { family: 'hits_total', type: 'counter', help: 'Hits.', unit: '' },
    ]);
  });

  it('metadata that names a symbol which is not there refuses the request', async () => {
    const { status, text } = await send(write2Message([{ ...one, metadata: { type: 1, helpRef: 500 } }]));
    expect([status, text]).toEqual([400, expect.stringMatching(/symbol 500 of/)]);
  });

  it('histograms that break their format are refused one by one, with the fault', async () => {
    const histogram = { atMs: at, count: 3, sum: 1, positive: [[0, [1, 2]]] } as const;
    const faults = {
      'schema 60 is not known': { ...histogram, schema: 60 },
      'its buckets hold 3 observations, its count says 4': { ...histogram, count: 4 },
      'a bucket has a negative count': { ...histogram, positive: [[0, [-1, 4]]] },
      'spans of buckets overlap': {
        ...histogram,
        positive: [
          [3, [1]],
          [-2, [2]],
        ],
      },
      'a bucket lies outside of the numbers': { ...histogram, positive: [[2_000_000_000, [1, 2]]] },
      'its custom bounds do not rise': { ...histogram, schema: -53, customBounds: [2, 1] },
      'a bucket has no bound': { ...histogram, schema: -53, positive: [[5, [1, 2]]], customBounds: [1, 2] },
    } as const;
    const series = Object.values(faults).map((broken, i) => ({
      labels: { __name__: `h${i}` },
      histograms: [broken, histogram],
    }));
    for (const [i, fault] of Object.keys(faults).entries()) {
      const { status, written, text, sink } = await send(write2Message([series[i] as TestSeries]));
      expect({ status, written }, fault).toEqual({ status: 400, written: ['0', '1', '0'] });
      expect(text).toContain(fault);
      expect(sink.find({ __name__: `h${i}_count` })).toHaveLength(1);
    }
  });

  it('a small body of histograms that would unfold into millions of samples is refused before they are made', async () => {
    const wide = {
      atMs: at,
      count: 2,
      sum: 1,
      schema: 0,
      positive: [
        [-1000, [1]],
        [1998, [1]],
      ],
    } as const;
    const message = write2Message([{ labels: { __name__: 'h' }, histograms: Array(8000).fill(wide) }]);
    const { status, text, sink } = await send(message);
    expect([status, text, sink.samples.length]).toEqual([413, expect.stringMatching(/unfold/), 0]);
  });
});
