import type { LabelSet } from '@binnacle/shared/telemetry/labels.ts';
import { SampleBatch } from '@binnacle/shared/telemetry/sample-batch.ts';
import { ProtobufReader, wire } from '../../wire/protobuf.ts';
import { SeriesIntern } from '../../wire/series-intern.ts';
import type { RefusalReason } from '../receiver.ts';
import type { OtlpConfig } from './config.ts';
import { DeltaPoints } from './delta-points.ts';
import type { DeltaTotals, PointFault } from './delta-totals.ts';
import { ExponentialPoint } from './exponential-point.ts';
import { HistogramPoint } from './histogram-point.ts';
import { DataHead, dataFields } from './metric-data.ts';
import { type Metric, MetricRegistry, type Resource, type Scope } from './metric-registry.ts';
import { NumberPoint } from './number-point.ts';
import type { Learnable } from './plain-metrics.ts';
import { PointCursor } from './point-cursor.ts';
import type { PointSeries } from './point-series.ts';
import { hasKey, PointTable } from './point-table.ts';
import { SummaryPoint } from './summary-point.ts';

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
  /** Where it was asked for, and each point is one sample. */
  readonly learnable?: Learnable | undefined;
}

/** A resource in the request that is being decoded. */
interface Visit {
  readonly resource: Resource;
  /** ms since 1970, of the newest point that was taken. */
  newestMs: number;
}

/** A metric whose points are deltas: they are added up when the whole request has been read. */
interface Waiting {
  readonly metric: Metric;
  readonly visit: Visit;
  readonly data: DataHead;
}

type Point = NumberPoint | HistogramPoint | ExponentialPoint | SummaryPoint;

const tableBounds = { maxSeries: 500_000, maxKeyBytes: 128 * 1024 * 1024 };
/** Sentences of one answer; further ones are only counted. */
const maxSentences = 100;

/**
 * Decodes `ExportMetricsServiceRequest` from its bytes into a batch. Resources, metrics and points are looked up by the
 * bytes of their names and attributes; a point seen before makes no object and no string. Fields may stand in any order,
 * so every message is walked twice: for what it is, then for its points.
 */
export class MetricsDecoder {
  readonly #intern = new SeriesIntern();
  readonly #registry: MetricRegistry;
  readonly #table = new PointTable(tableBounds);
  readonly #deltas: DeltaPoints;
  readonly #number = new NumberPoint();
  readonly #histogram = new HistogramPoint();
  readonly #exponential = new ExponentialPoint();
  readonly #summary = new SummaryPoint();
  #head = new DataHead();
  // Of the request that is being decoded:
  #cursor: PointCursor;
  #points = 0;
  #visits: Visit[] = [];
  #waiting: Waiting[] = [];
  #refused = new Map<string, RefusedPoints>();
  #unsaid = new Set<Metric>();

  constructor(config: OtlpConfig, totals: DeltaTotals) {
    this.#registry = new MetricRegistry(config, this.#intern);
    this.#deltas = new DeltaPoints(totals);
    this.#cursor = new PointCursor(Buffer.alloc(0), new SampleBatch(1), 0);
  }

  /**
   * `nowMs` is ms since 1970; `learn` asks for `learnable`. Throws `malformed_body` with the byte; then nothing is handed over or
   * added up.
   */
  decode(bytes: Buffer, nowMs: number, learn = false): DecodedMetrics {
    const batch = new SampleBatch(Math.max(64, Math.min(bytes.length >>> 6, 65_536)));
    this.#cursor = new PointCursor(bytes, batch, this.#intern.nextEpoch());
    this.#points = 0;
    this.#visits = [];
    this.#waiting = [];
    this.#refused = new Map();
    this.#unsaid = new Set();
    const { reader } = this.#cursor;
    const end = bytes.length;
    while (reader.position < end) {
      const tag = reader.uint32(end);
      if (tag === 0x0a) this.#resourceMetrics(reader, reader.bytesEnd(end));
      else {
        if (tag >>> 3 === 1) reader.expect(tag, wire.bytes);
        reader.skip(tag, end);
      }
    }
    // Nothing can fail from here on: totals move only for requests that were read to their end.
    for (const { metric, visit, data } of this.#waiting) this.#addUp(metric, visit, data, nowMs);
    this.#deltas.finish();
    const learnable =
      learn && this.#refused.size === 0 && this.#points === batch.length ? this.#learnable(batch) : undefined;
    for (const { resource, newestMs } of this.#visits) {
      if (resource.info !== null && newestMs > 0) this.#cursor.append(resource.info, newestMs, 1);
    }
    const unsaid = this.#unsaid;
    for (const metric of unsaid) batch.metadata.push(metric.metadata);
    const stored = () => {
      for (const metric of unsaid) metric.said = true;
    };
    return { batch, points: this.#points, refused: [...this.#refused.values()], stored, learnable };
  }

  #learnable({ series, seriesOf, length }: SampleBatch): Learnable {
    const labels: LabelSet[] = [];
    for (let i = 0; i < length; i++) labels.push(series[seriesOf[i] as number] as LabelSet);
    return { labels, infos: this.#visits.map(({ resource }) => resource.info?.labels ?? null) };
  }

  #resourceMetrics(reader: ProtobufReader, end: number): void {
    const begin = reader.position;
    const [start, stop] = this.#find(reader, end, 0x0a);
    const visit: Visit = { resource: this.#registry.resource(reader, start, stop), newestMs: 0 };
    this.#visits.push(visit);
    reader.position = begin;
    while (reader.position < end) {
      const tag = reader.uint32(end);
      if (tag === 0x12) this.#scopeMetrics(reader, reader.bytesEnd(end), visit);
      else reader.skip(tag, end);
    }
  }

  #scopeMetrics(reader: ProtobufReader, end: number, visit: Visit): void {
    const begin = reader.position;
    const [start, stop] = this.#find(reader, end, 0x0a);
    const scope = this.#registry.scope(reader, start, stop, visit.resource);
    reader.position = begin;
    while (reader.position < end) {
      const tag = reader.uint32(end);
      if (tag === 0x12) this.#metric(reader, reader.bytesEnd(end), scope, visit);
      else reader.skip(tag, end);
    }
  }

  /** Where the last field of this tag lies between the position and the end; empty where there is none. */
  #find(reader: ProtobufReader, end: number, wanted: number): [number, number] {
    let [start, stop] = [end, end];
    while (reader.position < end) {
      const tag = reader.uint32(end);
      if (tag === wanted) {
        stop = reader.bytesEnd(end);
        start = reader.position;
        reader.position = stop;
      } else reader.skip(tag, end);
    }
    return [start, stop];
  }

  #metric(reader: ProtobufReader, end: number, scope: Scope, visit: Visit): void {
    const begin = reader.position;
    let [nameStart, nameEnd, unitStart, unitEnd, helpStart, helpEnd] = [end, end, end, end, end, end];
    let field = 0;
    let fieldAt = end;
    let dataStart = end;
    let dataEnd = end;
    let textAfterData = false;
    while (reader.position < end) {
      const at = reader.position;
      const tag = reader.uint32(end);
      if ((tag & 7) !== wire.bytes) {
        reader.skip(tag, end);
        continue;
      }
      const stop = reader.bytesEnd(end);
      const start = reader.position;
      reader.position = stop;
      if (tag === 0x0a || tag === 0x12 || tag === 0x1a) {
        textAfterData ||= field !== 0;
        if (tag === 0x0a) [nameStart, nameEnd] = [start, stop];
        else if (tag === 0x12) [helpStart, helpEnd] = [start, stop];
        else [unitStart, unitEnd] = [start, stop];
      } else if (tag === 0x2a || tag === 0x3a || tag === 0x4a || tag === 0x52 || tag === 0x5a) {
        if (field === 0) fieldAt = at;
        field = tag;
        dataStart = start;
        dataEnd = stop;
      }
    }
    if (field === 0) return;
    const data = this.#head;
    data.read(reader, field, dataStart, dataEnd);
    this.#points += data.points;
    const { fault } = data;
    if (fault !== undefined && data.points > 0) {
      const name = JSON.stringify(reader.text(nameStart, nameEnd).slice(0, 200));
      this.#refuse({ reason: 'unsupported_type', message: fault }, name, data.points);
    } else if (data.points > 0) {
      // Everything before the data, which is name, description and unit: the metric is looked up without a string.
      let [keyBytes, keyStart, keyEnd] = [reader.bytes, begin, fieldAt];
      if (textAfterData) {
        keyBytes = Buffer.concat([reader.bytes.subarray(begin, fieldAt), reader.bytes.subarray(dataEnd, end)]);
        [keyStart, keyEnd] = [0, keyBytes.length];
      }
      const metric =
        this.#registry.metric(keyBytes, keyStart, keyEnd, data, scope) ??
        this.#registry.addMetric(keyBytes, keyStart, keyEnd, data, scope, {
          name: reader.text(nameStart, nameEnd),
          unit: reader.text(unitStart, unitEnd),
          help: reader.text(helpStart, helpEnd),
        });
      if (!metric.said) this.#unsaid.add(metric);
      this.#readData(metric, visit, data);
    }
    reader.position = end;
  }

  #readData(metric: Metric, visit: Visit, data: DataHead): void {
    const { field } = data;
    if (data.delta) {
      this.#check(metric, data);
      this.#waiting.push({ metric, visit, data });
      this.#head = new DataHead();
    } else if (field === dataFields.gauge || field === dataFields.sum) {
      this.#numbers(metric, visit, data);
    } else {
      // Bounds grow with all points of a metric before the first of them is written.
      if (field === dataFields.exponentialHistogram) this.#check(metric, data);
      this.#others(metric, visit, data);
    }
  }

  /** The loop that most points go through. */
  #numbers(metric: Metric, visit: Visit, { start, end }: DataHead): void {
    const cursor = this.#cursor;
    const { reader } = cursor;
    const point = this.#number;
    let place = 0;
    reader.position = start;
    while (reader.position < end) {
      const tag = reader.uint32(end);
      if (tag !== 0x0a) {
        reader.skip(tag, end);
        continue;
      }
      const fault = point.read(cursor, reader.bytesEnd(end));
      if (fault !== undefined) {
        this.#refuse(fault, metric.name, 1);
        continue;
      }
      point.take(cursor, this.#series(metric, place++, false));
      if (cursor.timeMs > visit.newestMs) visit.newestMs = cursor.timeMs;
    }
    if (metric.order.length > place) metric.order.length = place;
  }

  #others(metric: Metric, visit: Visit, data: DataHead): void {
    const cursor = this.#cursor;
    const point = this.#pointOf(metric, data);
    this.#each(
      data,
      (end, place) => {
        const fault = point.read(cursor, end);
        if (fault !== undefined) return fault;
        point.take(cursor, this.#series(metric, place, true));
        visit.newestMs = Math.max(visit.newestMs, cursor.timeMs);
        return undefined;
      },
      metric,
    );
  }

  /** Reads points without taking them: they are well-formed, or this throws. */
  #check(metric: Metric, data: DataHead): void {
    const cursor = this.#cursor;
    const point = this.#pointOf(metric, data);
    this.#each(data, (end) => {
      point.read(cursor, end);
      return undefined;
    });
  }

  #addUp(metric: Metric, visit: Visit, data: DataHead, nowMs: number): void {
    const cursor = this.#cursor;
    const point = this.#pointOf(metric, data) as NumberPoint | HistogramPoint | ExponentialPoint;
    const hasParts = data.field !== dataFields.sum;
    const begins = hasParts || data.monotonic;
    this.#each(
      data,
      (end, place) => {
        const fault = point.read(cursor, end);
        if (fault !== undefined) return fault;
        const series = this.#series(metric, place, hasParts);
        const refused = this.#deltas.take(point, cursor, series, begins, visit.resource, nowMs);
        if (refused === undefined) visit.newestMs = Math.max(visit.newestMs, cursor.timeMs);
        return refused;
      },
      metric,
    );
  }

  #each({ start, end }: DataHead, take: (end: number, place: number) => PointFault | undefined, metric?: Metric): void {
    const { reader } = this.#cursor;
    let place = 0;
    reader.position = start;
    while (reader.position < end) {
      const tag = reader.uint32(end);
      if (tag !== 0x0a) {
        reader.skip(tag, end);
        continue;
      }
      const fault = take(reader.bytesEnd(end), place++);
      if (fault !== undefined && metric !== undefined) this.#refuse(fault, metric.name, 1);
    }
  }

  #pointOf(metric: Metric, { field }: DataHead): Point {
    if (field === dataFields.histogram) return this.#histogram;
    if (field === dataFields.summary) return this.#summary;
    if (field !== dataFields.exponentialHistogram) return this.#number;
    this.#exponential.bounds = metric.bounds;
    return this.#exponential;
  }

  /** The series of the point that was read; `place` is its place in the metric. */
  #series(metric: Metric, place: number, hasParts: boolean): PointSeries {
    const { keyBytes, keyView, keyStart, keyEnd, attributeTag } = this.#cursor;
    const expected = metric.order[place];
    if (expected !== undefined && this.#table.isYoung(expected) && hasKey(expected, keyView, keyStart, keyEnd))
      return expected;
    let series = this.#table.get(keyBytes, keyView, keyStart, keyEnd, metric.id);
    if (series === undefined) {
      const key = keyBytes.subarray(keyStart, keyEnd);
      series = this.#registry.series(key, new ProtobufReader(key), attributeTag, metric, hasParts);
      this.#table.set(keyBytes, keyView, keyStart, keyEnd, metric.id, series);
    }
    if (place <= metric.order.length) metric.order[place] = series;
    return series;
  }

  #refuse({ reason, message }: PointFault, name: string, count: number): void {
    const key = `${reason} ${name}`;
    const known = this.#refused.get(key) ?? (this.#refused.size < maxSentences ? undefined : this.#refused.get(reason));
    if (known !== undefined) known.count += count;
    else if (this.#refused.size < maxSentences)
      this.#refused.set(key, { reason, message: `${name}: ${message}`, count });
    else this.#refused.set(reason, { reason, message: 'and more', count });
  }
}
