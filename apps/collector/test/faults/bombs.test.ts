import { gzipSync, zstdCompressSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { snappyEncode } from '../../src/wire/snappy.ts';
import { GatewayUnderFault } from './gateway-under-fault.ts';
import { bodyOf, post, RemoteWriter, series, type WriteAnswer } from './remote-writer.ts';

const mebibyte = 1024 * 1024;
const inflatedMiB = 512;
/** What bodies of 64 MiB, inflated two at a time, their decoding and the garbage of it may take. */
const maxGrowthMiB = 1000;

/** A varint, as in the header of a snappy block. */
function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return Buffer.from([...bytes, rest]);
}

/** A zstd body without its frame's length: nothing says beforehand how much comes out of it. */
const zeros = Buffer.alloc(inflatedMiB * mebibyte);
const gzipBomb = gzipSync(zeros, { level: 1 });
const gzipTwice = gzipSync(gzipBomb);
const zstdBomb = zstdCompressSync(zeros);
const json = 'application/json';
const protobuf = 'application/x-protobuf';

interface Bomb {
  readonly what: string;
  readonly path: string;
  readonly type: string;
  readonly encoding: string;
  readonly body: Uint8Array;
}

const otlpBombs = (path: string): Bomb[] => [
  { what: 'gzip', path, type: protobuf, encoding: 'gzip', body: gzipBomb },
  { what: 'gzip of JSON', path, type: json, encoding: 'gzip', body: gzipBomb },
  { what: 'zstd', path, type: protobuf, encoding: 'zstd', body: zstdBomb },
  { what: 'gzip twice', path, type: protobuf, encoding: 'gzip', body: gzipTwice },
];
const write2 = 'application/x-protobuf;proto=io.prometheus.write.v2.Request';
const writeBombs = (type: string): Bomb[] =>
  [
    { what: 'a header that lies', body: Buffer.concat([varint(4 * 1024 * mebibyte - 1), Buffer.alloc(100)]) },
    {
      what: 'a header that lies within reason',
      body: Buffer.concat([varint(60 * mebibyte), Buffer.alloc(3 * mebibyte)]),
    },
    { what: 'zeros', body: snappyEncode(Buffer.alloc(80 * mebibyte)) },
    { what: 'many empty series', body: snappyEncode(Buffer.alloc(60 * mebibyte, Buffer.from([0x0a, 0x00]))) },
    { what: 'many empty labels', body: snappyEncode(emptyLabels()) },
  ].map((bomb) => ({ ...bomb, path: '/api/v1/write', type, encoding: 'snappy' }));

/** One series of some million empty labels. */
function emptyLabels(): Buffer {
  const labels = Buffer.alloc(16 * mebibyte, Buffer.from([0x0a, 0x00]));
  return Buffer.concat([Buffer.from([0x0a]), varint(labels.length + 4), labels, Buffer.from([0x12, 2, 0x10, 5])]);
}

const field = (tag: number, bytes: Uint8Array) => Buffer.concat([Buffer.from([tag]), varint(bytes.length), bytes]);
const symbols = (...texts: string[]) => texts.map((text) => field(0x22, Buffer.from(text)));
const twoByteSample = Buffer.from([0x12, 2, 0x10, 5]);

/** A series of remote write 2.0 with the same two references over and over. */
const references = (count: number) =>
  field(0x2a, Buffer.concat([field(0x0a, Buffer.alloc(count, Buffer.from([1, 2]))), twoByteSample]));

/** What only remote write 2.0 can do: references that are much shorter than what they stand for. */
const symbolBombs: Bomb[] = [
  { what: 'many empty symbols', body: Buffer.alloc(60 * mebibyte, Buffer.from([0x22, 0])) },
  { what: 'many references', body: Buffer.concat([...symbols('', 'a', 'b'), references(30 * mebibyte)]) },
  {
    what: 'references to a long symbol',
    body: Buffer.concat([...symbols('', 'a', 'x'.repeat(mebibyte)), references(2000)]),
  },
].map(({ what, body }) => ({
  what,
  path: '/api/v1/write',
  type: write2,
  encoding: 'snappy',
  body: snappyEncode(body),
}));

/** Label values as long as a body, each another one: what is refused must not be remembered either. */
const longValues: Bomb[] = Array.from({ length: 12 }, (_, i) => {
  const label = (name: string, value: Uint8Array) =>
    field(0x0a, Buffer.concat([field(0x0a, Buffer.from(name)), field(0x12, value)]));
  const value = Buffer.alloc(40 * mebibyte, `${String.fromCharCode(97 + i)}bcdefgh`);
  const body = field(
    0x0a,
    Buffer.concat([label('__name__', Buffer.from('long')), label('value', value), twoByteSample]),
  );
  return {
    what: `a long value ${i}`,
    path: '/api/v1/write',
    type: protobuf,
    encoding: 'snappy',
    body: snappyEncode(body),
  };
});

const bombs = [
  ...writeBombs(protobuf),
  ...writeBombs(write2),
  ...symbolBombs,
  ...longValues,
  ...['/v1/metrics', '/v1/traces', '/v1/logs'].flatMap(otlpBombs),
];

it('bombs at every door are refused, memory stays bounded, and others are served', { timeout: 120_000 }, async ({
  annotate,
}) => {
  const gateway = await GatewayUnderFault.start();
  const writer = new RemoteWriter(gateway.url);
  const before = gateway.memory().nowMiB;
  const throwOne = ({ path, type, encoding, body }: Bomb): Promise<WriteAnswer> =>
    post(new URL(path, gateway.url), body, { 'content-type': type, 'content-encoding': encoding });

  const answers = new Map<string, number>();
  for (const bomb of bombs) {
    const { status } = await throwOne(bomb);
    answers.set(`${bomb.path} ${bomb.type} ${bomb.what}`, status);
    if (process.env.BINNACLE_FAULT_DETAIL)
      await annotate(`${bomb.path} ${bomb.what} ${JSON.stringify(gateway.memory())}`);
  }
  // Series without a sample are nothing to refuse, however many; they must only cost nothing.
  const harmless = (what: string, status: number) => what.endsWith('many empty series') && status === 204;
  const unexpected = [...answers].filter(
    ([what, status]) => status !== 400 && status !== 413 && !harmless(what, status),
  );
  expect(unexpected).toEqual([]);
  // All of them at once: each door holds what it inflates within bounds that add up.
  const together = await Promise.all(bombs.map((bomb) => throwOne(bomb).catch(() => ({ status: 0 }))));
  expect(together.map(({ status }) => status).filter((status) => ![204, 400, 413, 503].includes(status))).toEqual([]);

  expect((await writer.sendUntilTaken(bodyOf([[series('after_bombs'), Date.now(), 1]]))).status).toBe(204);
  await expect.poll(() => gateway.value('after_bombs'), { timeout: 20_000 }).toBe(1);
  const { peakMiB } = gateway.memory();
  await annotate(`resident ${before.toFixed(0)} MiB before, ${peakMiB.toFixed(0)} MiB at the highest`);
  if (!Number.isNaN(peakMiB)) expect(peakMiB - before).toBeLessThan(maxGrowthMiB);
  writer.close();
});
