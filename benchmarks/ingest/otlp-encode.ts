import type { LabelSet } from '@binnacle/shared/telemetry/labels.ts';
import type { SampleBatch } from '@binnacle/shared/telemetry/sample-batch.ts';

// Fields: https://github.com/open-telemetry/opentelemetry-proto, metrics/v1/metrics.proto, resource/v1, common/v1.
const cumulative = 2;
/** These are counters: sums with a begin. All others are gauges. */
const counterName = /_total$|_CONSUMPTION$/;

/** What a series says in each of its points and around them; made once. */
interface Encoded {
  readonly resourceKey: string;
  readonly resource: Buffer;
  readonly name: string;
  readonly counter: boolean;
  readonly attributes: Buffer;
}

const known = new WeakMap<LabelSet, Encoded>();

/**
 * Samples as an `ExportMetricsServiceRequest`, as a Collector that scrapes exporters sends them: neighbours of the same job and
 * instance in one resource, neighbours of the same name in one metric, values as doubles, the other labels as attributes.
 */
export function encodeOtlpRequest({ series, seriesOf, timestamps, values, length }: SampleBatch): Buffer {
  const resources: Buffer[] = [];
  let metrics: Buffer[] = [];
  let points: Buffer[] = [];
  for (let i = 0; i < length; i++) {
    const one = encodedOf(series[seriesOf[i] as number] as LabelSet);
    points.push(field(1, point(one, timestamps[i] as number, values[i] as number)));
    const next = i + 1 < length ? encodedOf(series[seriesOf[i + 1] as number] as LabelSet) : undefined;
    const sameResource = next?.resourceKey === one.resourceKey;
    if (sameResource && next?.name === one.name) continue;
    metrics.push(metric(one, points));
    points = [];
    if (sameResource) continue;
    const scope = field(2, Buffer.concat([field(1, text(1, 'exporters')), ...metrics]));
    resources.push(field(1, Buffer.concat([one.resource, scope])));
    metrics = [];
  }
  return Buffer.concat(resources);
}

function metric({ name, counter }: Encoded, points: readonly Buffer[]): Buffer {
  const kind = counter ? [Buffer.of(0x10, cumulative, 0x18, 1)] : [];
  const data = field(counter ? 7 : 5, Buffer.concat([...points, ...kind]));
  return field(2, Buffer.concat([text(1, name), text(2, `${name} of an exporter`), data]));
}

function point({ attributes, counter }: Encoded, ms: number, value: number): Buffer {
  const bytes = Buffer.allocUnsafe(attributes.length + (counter ? 27 : 18));
  let at = attributes.copy(bytes);
  if (counter) {
    at = bytes.writeUInt8(0x11, at);
    // A process that began with its day.
    at = bytes.writeBigUInt64LE(BigInt(Math.floor(ms / 86_400_000) * 86_400_000) * 1_000_000n, at);
  }
  at = bytes.writeUInt8(0x19, at);
  at = bytes.writeBigUInt64LE(BigInt(ms) * 1_000_000n, at);
  at = bytes.writeUInt8(0x21, at);
  bytes.writeDoubleLE(value, at);
  return bytes;
}

function encodedOf(labels: LabelSet): Encoded {
  let encoded = known.get(labels);
  if (encoded !== undefined) return encoded;
  const { __name__: name = '', job = '', instance = '', ...others } = labels.toObject();
  const attributes = [
    attribute(1, 'service.name', job),
    attribute(1, 'service.instance.id', instance),
    attribute(1, 'host.name', instance.split(':', 1)[0] as string),
  ];
  encoded = {
    resourceKey: `${job} ${instance}`,
    resource: field(1, Buffer.concat(attributes)),
    name,
    counter: counterName.test(name),
    attributes: Buffer.concat(Object.entries(others).map(([label, value]) => attribute(7, label, value))),
  };
  known.set(labels, encoded);
  return encoded;
}

const attribute = (number: number, key: string, value: string) =>
  field(number, Buffer.concat([text(1, key), field(2, text(1, value))]));

const text = (number: number, value: string) => field(number, Buffer.from(value));

/** A field of bytes; its number is below 16. */
function field(number: number, content: Buffer): Buffer {
  const head = [number * 8 + 2];
  let rest = content.length;
  for (; rest >= 0x80; rest >>>= 7) head.push((rest & 0x7f) | 0x80);
  head.push(rest);
  return Buffer.concat([Buffer.from(head), content]);
}
