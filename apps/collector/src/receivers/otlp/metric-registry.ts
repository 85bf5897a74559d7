import type { MetricMetadata } from '@binnacle/shared/telemetry/sample-batch.ts';
import { ByteTable } from '../../wire/byte-table.ts';
import type { ProtobufReader } from '../../wire/protobuf.ts';
import { type InternedSeries, type SeriesIntern, sortPairs } from '../../wire/series-intern.ts';
import { type Attributes, labelPairs, readAttributes, readKeyValue } from './attributes.ts';
import type { OtlpConfig } from './config.ts';
import { ExponentialBounds } from './exponential-bounds.ts';
import { type DataHead, dataFields } from './metric-data.ts';
import { labelNamer, metricNamer } from './metric-name.ts';
import { PointSeries, SeriesParts } from './point-series.ts';
import { resourceLabels } from './resource.ts';

/** A resource as it was sent. */
export interface Resource {
  readonly id: number;
  readonly labels: ReadonlyMap<string, string>;
  /** Series of target_info, where there is one. */
  readonly info: InternedSeries | null;
  /** ns since 1970: the end of the newest delta in earlier requests. */
  lastDeltaNs: number;
}

/** Where metrics stand: a resource, and where scopes become labels, a scope of it. */
export interface Scope {
  readonly id: number;
  readonly labels: ReadonlyMap<string, string>;
}

/** A metric of one scope. */
export interface Metric {
  readonly id: number;
  readonly name: string;
  readonly metadata: MetricMetadata;
  /** Whether the store knows the metadata. */
  said: boolean;
  readonly scope: Scope;
  readonly bounds: ExponentialBounds | null;
  /** Its series in the order of the last request's points: most requests are like the one before. */
  readonly order: PointSeries[];
}

const bounds = { maxEntries: 50_000, maxKeyBytes: 32 * 1024 * 1024 };
const maxFamilies = 10_000;

const tagOf = (scope: Scope, data: DataHead): number => (scope.id * 128 + data.shape) | 0;

/** What resources, scopes and metrics mean, looked up by their bytes: what was seen before makes no string. */
export class MetricRegistry {
  readonly #config: OtlpConfig;
  readonly #intern: SeriesIntern;
  readonly #metricName: ReturnType<typeof metricNamer>;
  readonly #labelName: (attribute: string) => string;
  readonly #resources = new ByteTable<Resource>(bounds);
  readonly #scopes = new ByteTable<Scope>(bounds);
  readonly #metrics = new ByteTable<Metric>(bounds);
  /** By the family's name: the bounds are those of all that may be summed up together. */
  readonly #exponentialBounds = new Map<string, ExponentialBounds>();
  #nextId = 1;

  constructor(config: OtlpConfig, intern: SeriesIntern) {
    this.#config = config;
    this.#intern = intern;
    this.#metricName = metricNamer(config.translationStrategy);
    this.#labelName = labelNamer(config.translationStrategy);
  }

  /** The `Resource` in bytes[start, end). */
  resource(reader: ProtobufReader, start: number, end: number): Resource {
    const known = this.#resources.get(reader.bytes, start, end);
    if (known !== undefined) return known;
    const attributes = readAttributes(reader, start, end, 0x0a);
    const { labels, targetInfo } = resourceLabels(attributes, this.#config, this.#labelName);
    const info = targetInfo === null ? null : this.#intern.bySortedPairs(targetInfo);
    const resource: Resource = { id: this.#nextId++, labels, info, lastDeltaNs: 0 };
    this.#resources.set(reader.bytes, start, end, resource);
    return resource;
  }

  /** The `InstrumentationScope` in bytes[start, end), of this resource. */
  scope(reader: ProtobufReader, start: number, end: number, resource: Resource): Scope {
    if (!this.#config.promoteScopeMetadata) return resource;
    const known = this.#scopes.get(reader.bytes, start, end, resource.id);
    if (known !== undefined) return known;
    const scope: Scope = { id: this.#nextId++, labels: this.#scopeLabels(reader, start, end, resource) };
    this.#scopes.set(reader.bytes, start, end, scope, resource.id);
    return scope;
  }

  /** A metric known by these bytes, which hold its name and unit; undefined where it was not seen before. */
  metric(bytes: Buffer, start: number, end: number, data: DataHead, scope: Scope): Metric | undefined {
    return this.#metrics.get(bytes, start, end, tagOf(scope, data));
  }

  addMetric(
    bytes: Buffer,
    start: number,
    end: number,
    data: DataHead,
    scope: Scope,
    said: { name: string; unit: string; help: string },
  ): Metric {
    const { kind } = data;
    const name = this.#metricName(said.name, { unit: said.unit, kind });
    const metric: Metric = {
      id: this.#nextId++,
      name,
      metadata: { family: name, type: kind, help: said.help, unit: said.unit },
      said: false,
      scope,
      bounds: data.field === dataFields.exponentialHistogram ? this.#boundsOf(name) : null,
      order: [],
    };
    this.#metrics.set(bytes, start, end, metric, tagOf(scope, data));
    return metric;
  }

  /** The series of a point with these attributes, which stand in bytes[start, end) as fields of this tag. */
  series(bytes: Buffer, reader: ProtobufReader, attributeTag: number, metric: Metric, hasParts: boolean): PointSeries {
    const labels = labelPairs(readAttributes(reader, reader.position, bytes.length, attributeTag), this.#labelName);
    for (const [label, value] of metric.scope.labels) {
      // What names the source is the resource's; a promoted or configured label gives way to the point's own.
      if (label === 'job' || label === 'instance' || !labels.has(label)) labels.set(label, value);
    }
    labels.delete('__name__');
    const pairs: string[] = [];
    for (const [label, value] of labels) pairs.push(this.#intern.string(label), this.#intern.string(value));
    if (hasParts) return new PointSeries(null, new SeriesParts(metric.name, sortPairs(pairs), this.#intern));
    pairs.push('__name__', this.#intern.string(metric.name));
    return new PointSeries(this.#intern.bySortedPairs(sortPairs(pairs)), null);
  }

  #boundsOf(name: string): ExponentialBounds {
    let known = this.#exponentialBounds.get(name);
    if (known === undefined) {
      const { exponentialMaxBounds, exponentialMaxScale } = this.#config;
      known = new ExponentialBounds(exponentialMaxBounds, exponentialMaxScale);
      // The one known longest goes; its metrics keep it while they come.
      for (const first of this.#exponentialBounds.keys()) {
        if (this.#exponentialBounds.size < maxFamilies) break;
        this.#exponentialBounds.delete(first);
      }
      this.#exponentialBounds.set(name, known);
    }
    return known;
  }

  /** `otel_scope_name`, `otel_scope_version` and `otel_scope_<attribute>`, as Prometheus names them. */
  #scopeLabels(reader: ProtobufReader, start: number, end: number, resource: Resource): Map<string, string> {
    const labels = new Map(resource.labels);
    const attributes: Attributes = new Map();
    reader.position = start;
    while (reader.position < end) {
      const tag = reader.uint32(end);
      if (tag === 0x0a) labels.set('otel_scope_name', reader.string(end));
      else if (tag === 0x12) labels.set('otel_scope_version', reader.string(end));
      else if (tag === 0x1a) readKeyValue(reader, reader.bytesEnd(end), attributes);
      else reader.skip(tag, end);
    }
    const prefixed = new Map([...attributes].map(([name, value]) => [`otel_scope_${name}`, value]));
    for (const [label, value] of labelPairs(prefixed, this.#labelName))
      if (!labels.has(label)) labels.set(label, value);
    return labels;
  }
}
