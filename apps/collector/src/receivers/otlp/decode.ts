import { type MetricMetadata, SampleBatch } from '@binnacle/shared/telemetry/sample-batch.ts';
import { ByteTable } from '../../wire/byte-table.ts';
import { ProtobufReader, wire } from '../../wire/protobuf.ts';
import { type InternedSeries, indexIn, SeriesIntern } from '../../wire/series-intern.ts';
import type { RefusalReason } from '../receiver.ts';
import { labelPairs, readAttributes } from './attributes.ts';
import type { OtlpConfig } from './config.ts';
import { dataFields, dataHead, faultOf, kindOf } from './metric-data.ts';
import { type MetricShape, nameWithoutSuffixes, nameWithSuffixes } from './metric-name.ts';
import { PointSeries } from './point-series.ts';
import { PointReader } from './points.ts';
import { resourceLabels } from './resource.ts';

export interface RefusedPoints {
  readonly reason: RefusalReason;
  /** Why, in a sentence for the sender. */
  readonly message: string;
  count: number;
}

export interface DecodedMetrics {
  readonly batch: SampleBatch;
  /** Data points in the request, refused ones included. */
  readonly points: number;
  readonly refused: readonly RefusedPoints[];
  /** Metadata in the batch that is said once: call when the batch is stored. */
  stored(): void;
}

interface Resource {
  readonly id: number;
  readonly labels: ReadonlyMap<string, string>;
  readonly info: InternedSeries | null;
}

interface Metric {
  readonly id: number;
  readonly name: string;
  readonly metadata: MetricMetadata;
  said: boolean;
}

const small = { maxEntries: 50_000, maxKeyBytes: 32 * 1024 * 1024 };
const large = { maxEntries: 500_000, maxKeyBytes: 128 * 1024 * 1024 };

/**
 * Decodes `ExportMetricsServiceRequest` from its bytes into a batch. Resources, metrics and points are looked up by the
 * bytes of their names and attributes; a point seen before makes no object and no string. Fields may stand in any order,
 * so every message is walked twice: for what it is, then for its points.
 */
export class MetricsDecoder {
  readonly #config: OtlpConfig;
  readonly #resources = new ByteTable<Resource>(small);
  readonly #metrics = new ByteTable<Metric>(small);
  readonly #intern = new SeriesIntern<PointSeries>(large);
  #nextId = 1;
  // Of the request that is being decoded:
  #batch = new SampleBatch(1);
  #epoch = 0;
  #points = 0;
  #newestMs = 0;
  #refused = new Map<string, RefusedPoints>();
  #unsaid = new Set<Metric>();

  constructor(config: OtlpConfig) {
    this.#config = config;
  }

  /** Throws `malformed_body` with the byte; then nothing of the request is handed over. */
  decode(bytes: Buffer): DecodedMetrics {
    this.#batch = new SampleBatch(Math.max(64, Math.min(bytes.length >>> 6, 65_536)));
    this.#epoch = this.#intern.nextEpoch();
    this.#points = 0;
    this.#refused = new Map();
    this.#unsaid = new Set();
    const reader = new ProtobufReader(bytes);
    const end = bytes.length;
    while (reader.position < end) {
      const tag = reader.uint32(end);
      if (tag === 0x0a) this.#resourceMetrics(reader, reader.bytesEnd(end));
      else {
        if (tag >>> 3 === 1) reader.expect(tag, wire.bytes);
        reader.skip(tag, end);
      }
    }
    const unsaid = this.#unsaid;
    for (const metric of unsaid) this.#batch.metadata.push(metric.metadata);
    const stored = () => {
      for (const metric of unsaid) metric.said = true;
    };
    return { batch: this.#batch, points: this.#points, refused: [...this.#refused.values()], stored };
  }

  #resourceMetrics(reader: ProtobufReader, end: number): void {
    const begin = reader.position;
    let resourceStart = end;
    let resourceEnd = end;
    while (reader.position < end) {
      const tag = reader.uint32(end);
      if (tag === 0x0a) {
        resourceEnd = reader.bytesEnd(end);
        resourceStart = reader.position;
        reader.position = resourceEnd;
      } else reader.skip(tag, end);
    }
    const resource = this.#resource(reader, resourceStart, resourceEnd);
    this.#newestMs = 0;
    const before = this.#batch.length;
    reader.position = begin;
    while (reader.position < end) {
      const tag = reader.uint32(end);
      if (tag === 0x12) this.#scopeMetrics(reader, reader.bytesEnd(end), resource);
      else reader.skip(tag, end);
    }
    if (resource.info !== null && this.#batch.length > before) {
      this.#batch.append(indexIn(this.#batch, resource.info, this.#epoch), this.#newestMs, 1);
    }
  }

  #scopeMetrics(reader: ProtobufReader, end: number, resource: Resource): void {
    while (reader.position < end) {
      const tag = reader.uint32(end);
      if (tag === 0x12) this.#metric(reader, reader.bytesEnd(end), resource);
      else reader.skip(tag, end);
    }
  }

  #metric(reader: ProtobufReader, end: number, resource: Resource): void {
    const begin = reader.position;
    const { bytes } = reader;
    let [nameStart, nameEnd, unitStart, unitEnd, helpStart, helpEnd] = [end, end, end, end, end, end];
    let field = 0;
    let dataStart = end;
    let dataEnd = end;
    while (reader.position < end) {
      const tag = reader.uint32(end);
      if ((tag & 7) !== wire.bytes) {
        reader.skip(tag, end);
        continue;
      }
      const stop = reader.bytesEnd(end);
      const start = reader.position;
      reader.position = stop;
      if (tag === 0x0a) [nameStart, nameEnd] = [start, stop];
      else if (tag === 0x12) [helpStart, helpEnd] = [start, stop];
      else if (tag === 0x1a) [unitStart, unitEnd] = [start, stop];
      else if (tag === 0x2a || tag === 0x3a || tag === 0x4a || tag === 0x52 || tag === 0x5a) {
        field = tag;
        dataStart = start;
        dataEnd = stop;
      }
    }
    if (field === 0) return;
    const data = dataHead(reader, field, dataStart, dataEnd);
    this.#points += data.points;
    const fault = faultOf(field, data.temporality);
    if (fault !== undefined && data.points > 0) {
      this.#refuse(
        'unsupported_type',
        `${JSON.stringify(reader.text(nameStart, nameEnd).slice(0, 200))}: ${fault}`,
        fault,
        data.points,
      );
    } else if (data.points > 0) {
      const kind = kindOf(field, data);
      // Name and unit as one run of bytes: the metric is looked up without making a string.
      const key = Buffer.allocUnsafe(nameEnd - nameStart + unitEnd - unitStart + 2);
      key[0] = kind.charCodeAt(0);
      bytes.copy(key, 1, nameStart, nameEnd);
      key[1 + nameEnd - nameStart] = 0;
      bytes.copy(key, 2 + nameEnd - nameStart, unitStart, unitEnd);
      let metric = this.#metrics.get(key, 0, key.length, resource.id);
      if (metric === undefined) {
        const unit = reader.text(unitStart, unitEnd);
        const name = this.#translate(reader.text(nameStart, nameEnd), { unit, kind });
        const help = reader.text(helpStart, helpEnd);
        metric = { id: this.#nextId++, name, metadata: { family: name, type: kind, help, unit }, said: false };
        this.#metrics.set(key, 0, key.length, metric, resource.id);
      }
      if (!metric.said) this.#unsaid.add(metric);
      this.#readPoints(reader, field, dataStart, dataEnd, metric, resource);
    }
    reader.position = Math.max(begin, end);
  }

  #readPoints(
    reader: ProtobufReader,
    field: number,
    start: number,
    end: number,
    metric: Metric,
    resource: Resource,
  ): void {
    const points = new PointReader(reader, this.#batch, this.#epoch, (bytes, from, to, tag) =>
      this.#series(bytes, from, to, tag, metric, resource),
    );
    reader.position = start;
    while (reader.position < end) {
      const tag = reader.uint32(end);
      if (tag !== 0x0a) {
        reader.skip(tag, end);
        continue;
      }
      const stop = reader.bytesEnd(end);
      let fault: string | undefined;
      if (field === dataFields.histogram) fault = points.histogram(stop);
      else if (field === dataFields.summary) fault = points.summary(stop);
      else fault = points.number(stop);
      if (fault !== undefined) this.#refuse('unsupported_type', `${metric.name}: ${fault}`, fault, 1);
    }
    this.#newestMs = Math.max(this.#newestMs, points.newestMs);
  }

  /** The series of the attributes in bytes[start, end), fields of this tag. */
  #series(bytes: Buffer, start: number, end: number, tag: number, metric: Metric, resource: Resource): PointSeries {
    const known = this.#intern.get(bytes, start, end, metric.id);
    if (known instanceof PointSeries) return known;
    const labels = labelPairs(readAttributes(new ProtobufReader(bytes), start, end, tag));
    for (const [label, value] of resource.labels) {
      // What names the source is the resource's; a promoted or configured label gives way to the point's own.
      if (label === 'job' || label === 'instance' || !labels.has(label)) labels.set(label, value);
    }
    const series = new PointSeries(metric.name, labels, this.#intern);
    this.#intern.add(bytes, start, end, series, metric.id);
    return series;
  }

  #resource(reader: ProtobufReader, start: number, end: number): Resource {
    const known = this.#resources.get(reader.bytes, start, end);
    if (known !== undefined) return known;
    const { labels, targetInfo } = resourceLabels(readAttributes(reader, start, end, 0x0a), this.#config);
    const info = targetInfo === null ? null : this.#intern.bySortedPairs(targetInfo);
    const resource = { id: this.#nextId++, labels, info };
    this.#resources.set(reader.bytes, start, end, resource);
    return resource;
  }

  #translate(name: string, shape: MetricShape): string {
    return this.#config.translationStrategy === 'UnderscoreEscapingWithSuffixes'
      ? nameWithSuffixes(name, shape)
      : nameWithoutSuffixes(name);
  }

  #refuse(reason: RefusalReason, message: string, key: string, count: number): void {
    const known = this.#refused.get(key);
    if (known === undefined) this.#refused.set(key, { reason, message, count });
    else known.count += count;
  }
}
