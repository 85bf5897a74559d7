import { ProtobufReader, wire } from '../protobuf.ts';

/**
 * Prometheus' protobuf exposition, MetricFamily messages each behind its length (io.prometheus.client,
 * github.com/prometheus/client_model/blob/master/io/prometheus/client/metrics.proto), written as OpenMetrics text, so that
 * one parser reads all formats. Only jobs that ask for this format pay for the detour. Of a native histogram without classic
 * buckets there are `_count`, `_sum` and the bucket `+Inf`. Throws `malformed_body` with the byte.
 */
export function textOfProtobuf(bytes: Buffer): Buffer {
  return Buffer.from(new Writer(bytes).write(), 'utf8');
}

const types = ['counter', 'gauge', 'summary', 'unknown', 'histogram', 'gaugehistogram'];
type Labels = readonly string[];

class Writer {
  readonly #reader: ProtobufReader;
  readonly #lines: string[] = [];

  constructor(bytes: Buffer) {
    this.#reader = new ProtobufReader(bytes);
  }

  write(): string {
    const { length } = this.#reader.bytes;
    while (this.#reader.position < length) this.#family(this.#reader.bytesEnd(length));
    return `${this.#lines.join('\n')}${this.#lines.length > 0 ? '\n' : ''}# EOF\n`;
  }

  /** Calls back with each field of the message that ends at `end`; what is not taken is skipped. */
  #fields(end: number, take: (field: number, tag: number) => boolean): void {
    const reader = this.#reader;
    while (reader.position < end) {
      const tag = reader.uint32(end);
      if (!take(tag >>> 3, tag)) reader.skip(tag, end);
    }
    reader.position = end;
  }

  #family(end: number): void {
    const reader = this.#reader;
    const metrics: number[] = [];
    let name = '';
    let help = '';
    let unit = '';
    let type = 0;
    this.#fields(end, (field, tag) => {
      if (field === 1) name = this.#string(tag, end);
      else if (field === 2) help = this.#string(tag, end);
      else if (field === 3) type = this.#varint(tag, end);
      else if (field === 5) unit = this.#string(tag, end);
      else if (field === 4) {
        // Metrics are read when the name is known, wherever it stood.
        reader.expect(tag, wire.bytes);
        const stop = reader.bytesEnd(end);
        metrics.push(reader.position, stop);
        reader.position = stop;
      } else return false;
      return true;
    });
    const shown = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(name) ? name : quoted(name);
    if (help !== '') this.#lines.push(`# HELP ${shown} ${escaped(help)}`);
    this.#lines.push(`# TYPE ${shown} ${types[type] ?? 'unknown'}`);
    if (unit !== '') this.#lines.push(`# UNIT ${shown} ${escaped(unit)}`);
    for (let i = 0; i < metrics.length; i += 2) {
      reader.position = metrics[i] as number;
      this.#metric(name, metrics[i + 1] as number);
    }
    reader.position = end;
  }

  #metric(name: string, end: number): void {
    const reader = this.#reader;
    const labels: string[] = [];
    const values: (() => void)[] = [];
    let timestamp = '';
    this.#fields(end, (field, tag) => {
      if (field === 1) this.#label(labels, this.#message(tag, end));
      else if (field === 6) timestamp = ` ${this.#varint(tag, end) / 1000}`;
      else if ([2, 3, 4, 5, 7].includes(field)) {
        const stop = this.#message(tag, end);
        const start = reader.position;
        reader.position = stop;
        values.push(() => {
          reader.position = start;
          if (field === 4) this.#summary(name, labels, timestamp, stop);
          else if (field === 7) this.#histogram(name, labels, timestamp, stop);
          else this.#single(name, labels, timestamp, stop);
        });
      } else return false;
      return true;
    });
    for (const write of values) write();
  }

  /** Gauge, counter and untyped: a value, and perhaps an exemplar. */
  #single(name: string, labels: Labels, timestamp: string, end: number): void {
    let value = 0;
    let exemplar = '';
    this.#fields(end, (field, tag) => {
      if (field === 1) value = this.#double(tag, end);
      else if (field === 2) exemplar = this.#exemplar(this.#message(tag, end));
      else return false;
      return true;
    });
    this.#sample(name, labels, value, timestamp, exemplar);
  }

  #summary(name: string, labels: Labels, timestamp: string, end: number): void {
    let count = 0;
    let sum = 0;
    this.#fields(end, (field, tag) => {
      if (field === 1) count = this.#varint(tag, end);
      else if (field === 2) sum = this.#double(tag, end);
      else if (field === 3) {
        const stop = this.#message(tag, end);
        let quantile = 0;
        let value = 0;
        this.#fields(stop, (inner, innerTag) => {
          if (inner === 1) quantile = this.#double(innerTag, stop);
          else if (inner === 2) value = this.#double(innerTag, stop);
          else return false;
          return true;
        });
        this.#sample(name, [...labels, 'quantile', bound(quantile)], value, timestamp);
      } else return false;
      return true;
    });
    this.#sample(`${name}_sum`, labels, sum, timestamp);
    this.#sample(`${name}_count`, labels, count, timestamp);
  }

  #histogram(name: string, labels: Labels, timestamp: string, end: number): void {
    let count = 0;
    let sum = 0;
    let infinite = false;
    this.#fields(end, (field, tag) => {
      if (field === 1) count = this.#varint(tag, end);
      else if (field === 4) count = this.#double(tag, end);
      else if (field === 2) sum = this.#double(tag, end);
      else if (field === 3) {
        const upper = this.#bucket(name, labels, timestamp, this.#message(tag, end));
        if (upper === Number.POSITIVE_INFINITY) infinite = true;
      } else return false;
      return true;
    });
    // The bucket +Inf may be left out: it holds what the histogram counted.
    if (!infinite) this.#sample(`${name}_bucket`, [...labels, 'le', '+Inf'], count, timestamp);
    this.#sample(`${name}_sum`, labels, sum, timestamp);
    this.#sample(`${name}_count`, labels, count, timestamp);
  }

  #bucket(name: string, labels: Labels, timestamp: string, end: number): number {
    let count = 0;
    let upper = 0;
    let exemplar = '';
    this.#fields(end, (field, tag) => {
      if (field === 1) count = this.#varint(tag, end);
      else if (field === 4) count = this.#double(tag, end);
      else if (field === 2) upper = this.#double(tag, end);
      else if (field === 3) exemplar = this.#exemplar(this.#message(tag, end));
      else return false;
      return true;
    });
    this.#sample(`${name}_bucket`, [...labels, 'le', bound(upper)], count, timestamp, exemplar);
    return upper;
  }

  #exemplar(end: number): string {
    const labels: string[] = [];
    let value = 0;
    let time = '';
    this.#fields(end, (field, tag) => {
      if (field === 1) this.#label(labels, this.#message(tag, end));
      else if (field === 2) value = this.#double(tag, end);
      else if (field === 3) {
        const stop = this.#message(tag, end);
        let seconds = 0;
        let nanoseconds = 0;
        this.#fields(stop, (inner, innerTag) => {
          if (inner === 1) seconds = this.#varint(innerTag, stop);
          else if (inner === 2) nanoseconds = this.#varint(innerTag, stop);
          else return false;
          return true;
        });
        time = ` ${(seconds * 1000 + Math.round(nanoseconds / 1e6)) / 1000}`;
      } else return false;
      return true;
    });
    return ` # ${braces(labels)} ${number(value)}${time}`;
  }

  #label(into: string[], end: number): void {
    let name = '';
    let value = '';
    this.#fields(end, (field, tag) => {
      if (field === 1) name = this.#string(tag, end);
      else if (field === 2) value = this.#string(tag, end);
      else return false;
      return true;
    });
    into.push(name, value);
  }

  #sample(name: string, labels: Labels, value: number, timestamp: string, exemplar = ''): void {
    const plain = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(name);
    const series = plain ? `${name}${labels.length === 0 ? '' : braces(labels)}` : braces(labels, quoted(name));
    this.#lines.push(`${series} ${number(value)}${timestamp}${exemplar}`);
  }

  #string(tag: number, end: number): string {
    this.#reader.expect(tag, wire.bytes);
    return this.#reader.string(end);
  }

  #varint(tag: number, end: number): number {
    this.#reader.expect(tag, wire.varint);
    return this.#reader.int64(end);
  }

  #double(tag: number, end: number): number {
    this.#reader.expect(tag, wire.fixed64);
    return this.#reader.double(end);
  }

  /** The end of an inner message; the position then is its beginning. */
  #message(tag: number, end: number): number {
    this.#reader.expect(tag, wire.bytes);
    return this.#reader.bytesEnd(end);
  }
}

const escaped = (text: string) => text.replace(/[\\"\n]/g, (one) => (one === '\n' ? '\\n' : `\\${one}`));
const quoted = (text: string) => `"${escaped(text)}"`;

function braces(labels: Labels, ...first: string[]): string {
  const parts = [...first];
  for (let i = 0; i < labels.length; i += 2) {
    const name = labels[i] as string;
    const shown = /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name) ? name : quoted(name);
    parts.push(`${shown}=${quoted(labels[i + 1] as string)}`);
  }
  return `{${parts.join(',')}}`;
}

function number(value: number): string {
  if (Object.is(value, -0)) return '-0';
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
}

/**
 * A bound of a bucket or quantile as Prometheus writes it, so that the label is the same whatever the format: an exponent
 * of two digits below 1e-04 and from 1e+06 on (Go's `g`), and else always a point.
 */
function bound(value: number): string {
  const text = number(value);
  if (value === 0 || !Number.isFinite(value)) return /^-?0$/.test(text) ? `${text}.0` : text;
  const [digits, power] = value.toExponential().split('e') as [string, string];
  const exponent = Number(power);
  if (exponent < -4 || exponent >= 6)
    return `${digits}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
  return text.includes('.') ? text : `${text}.0`;
}
