/** `io.prometheus.write.v2.Request` written from plain objects, for tests. */

export interface TestHistogram {
  readonly atMs: number;
  readonly count: number;
  readonly sum: number;
  readonly schema?: number;
  readonly zeroThreshold?: number;
  readonly zeroCount?: number;
  /** `[offset, counts]` of each span; written as differences, or as they are with `float`. */
  readonly positive?: readonly (readonly [number, readonly number[]])[];
  readonly negative?: readonly (readonly [number, readonly number[]])[];
  readonly customBounds?: readonly number[];
  readonly float?: boolean;
  /** The sum's bits instead of `sum`. */
  readonly sumBits?: bigint;
}

export interface TestSeries {
  readonly labels: Readonly<Record<string, string>> | readonly (readonly [string, string])[];
  /** References instead of labels. */
  readonly refs?: readonly number[];
  readonly unpackedRefs?: boolean;
  readonly samples?: readonly { readonly atMs: number; readonly value: number; readonly startMs?: number }[];
  readonly histograms?: readonly TestHistogram[];
  readonly exemplars?: readonly {
    readonly labels?: Readonly<Record<string, string>>;
    readonly refs?: readonly number[];
    readonly value: number;
    readonly atMs?: number;
  }[];
  readonly metadata?: {
    readonly type: number;
    readonly help?: string;
    readonly unit?: string;
    readonly helpRef?: number;
  };
}

export function varint(value: number | bigint): number[] {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  bytes.push(Number(rest));
  return bytes;
}

const zigzag = (value: number): bigint => BigInt.asUintN(64, (BigInt(value) << 1n) ^ (BigInt(value) >> 63n));
export const field = (number: number, body: Uint8Array | readonly number[]): Buffer =>
  Buffer.from([...varint((number << 3) | 2), ...varint(body.length), ...body]);
const integer = (number: number, value: number | bigint): Buffer =>
  Buffer.from([...varint(number << 3), ...varint(value)]);

function double(number: number, value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return Buffer.from([...varint((number << 3) | 1), ...bytes]);
}

function doubles(number: number, values: readonly number[]): Buffer {
  return field(number, Buffer.from(Float64Array.from(values).buffer));
}

function side(
  spans: TestHistogram['positive'],
  float: boolean,
  numbers: { readonly spans: number; readonly deltas: number; readonly counts: number },
): Buffer[] {
  if (spans === undefined) return [];
  const counts = spans.flatMap(([, ofSpan]) => ofSpan);
  const parts = spans.map(([offset, ofSpan]) =>
    field(numbers.spans, Buffer.concat([integer(1, zigzag(offset)), integer(2, ofSpan.length)])),
  );
  if (float) return [...parts, doubles(numbers.counts, counts)];
  const deltas = counts.map((count, i) => zigzag(count - (counts[i - 1] ?? 0)));
  return [
    ...parts,
    field(
      numbers.deltas,
      deltas.flatMap((delta) => varint(delta)),
    ),
  ];
}

/** One `Histogram`: the same message in remote write 1.0 and 2.0. */
export function histogramMessage(histogram: TestHistogram): Buffer {
  const { atMs, count, sum, sumBits, schema = 0, zeroThreshold = 0, zeroCount = 0, float = false } = histogram;
  const sumBytes = Buffer.alloc(8);
  if (sumBits === undefined) sumBytes.writeDoubleLE(sum);
  else sumBytes.writeBigUInt64LE(sumBits);
  return Buffer.concat([
    float ? double(2, count) : integer(1, count),
    Buffer.from([0x19, ...sumBytes]),
    integer(4, zigzag(schema)),
    double(5, zeroThreshold),
    float ? double(7, zeroCount) : integer(6, zeroCount),
    ...side(histogram.negative, float, { spans: 8, deltas: 9, counts: 10 }),
    ...side(histogram.positive, float, { spans: 11, deltas: 12, counts: 13 }),
    integer(15, atMs),
    ...(histogram.customBounds === undefined ? [] : [doubles(16, histogram.customBounds)]),
  ]);
}

/** The message before compression; `symbols` gives a table of its own instead of the one made from the series. */
export function write2Message(series: readonly TestSeries[], symbols?: readonly string[]): Buffer {
  const table = new Map<string, number>([['', 0]]);
  const ref = (text: string): number => {
    const known = table.get(text);
    if (known !== undefined) return known;
    table.set(text, table.size);
    return table.size - 1;
  };
  const refsOf = (labels: TestSeries['labels']) =>
    (Array.isArray(labels) ? labels : Object.entries(labels)).flatMap(([name, value]) => [ref(name), ref(value)]);
  const messages = series.map((one) => {
    const refs = one.refs ?? refsOf(one.labels);
    const parts = one.unpackedRefs
      ? refs.map((i) => integer(1, i))
      : [
          field(
            1,
            refs.flatMap((i) => varint(i)),
          ),
        ];
    for (const { atMs, value, startMs } of one.samples ?? []) {
      const start = startMs === undefined ? [] : [integer(3, startMs)];
      parts.push(field(2, Buffer.concat([double(1, value), integer(2, atMs), ...start])));
    }
    for (const histogram of one.histograms ?? []) parts.push(field(3, histogramMessage(histogram)));
    for (const { labels = {}, refs: own, value, atMs } of one.exemplars ?? []) {
      const time = atMs === undefined ? [] : [integer(3, atMs)];
      const labelRefs = (own ?? refsOf(labels)).flatMap((i) => varint(i));
      parts.push(field(4, Buffer.concat([field(1, labelRefs), double(2, value), ...time])));
    }
    if (one.metadata !== undefined) {
      const { type, help = '', unit = '', helpRef } = one.metadata;
      parts.push(field(5, Buffer.concat([integer(1, type), integer(3, helpRef ?? ref(help)), integer(4, ref(unit))])));
    }
    return field(5, Buffer.concat(parts));
  });
  const texts = symbols ?? [...table.keys()];
  return Buffer.concat([...texts.map((text) => field(4, Buffer.from(text))), ...messages]);
}

export const write2Headers = {
  'content-type': 'application/x-protobuf;proto=io.prometheus.write.v2.Request',
  'content-encoding': 'snappy',
  'x-prometheus-remote-write-version': '2.0.0',
} as const;
