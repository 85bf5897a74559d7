import { BinnacleError } from '@binnacle/shared/errors.ts';
import { exportMetricsRequest, Message, type Scalar } from './metrics-schema.ts';
import { ProtobufWriter } from './protobuf-writer.ts';

const maxDepth = 64;

/**
 * OTLP's JSON as OTLP's protobuf, so that one decoder knows what metrics mean. The mapping is protobuf's with OTLP's
 * changes (https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding): enums are numbers, 64-bit integers are
 * numbers or strings, unknown fields are ignored. Exemplars, and with them trace and span ids, are not read.
 * Returns the bytes of `ExportMetricsServiceRequest`; throws `malformed_body` with the path of the fault.
 */
export function metricsRequestFromJson(body: Buffer): Buffer {
  return requestFromJson(body, exportMetricsRequest);
}

/** The same for any request whose messages are known. */
export function requestFromJson(body: Buffer, request: Message): Buffer {
  let json: unknown;
  try {
    json = parseExact(body.toString('utf8'));
  } catch (error) {
    const place = /at position \d+( \(line \d+ column \d+\))?/.exec(String(error))?.[0] ?? 'at its end';
    throw new BinnacleError('malformed_body', `the body is not valid JSON ${place}`, { cause: error });
  }
  const transcoder = new Transcoder(body.length);
  transcoder.message(json, request);
  return transcoder.writer.done();
}

/** Integers that a double cannot hold (times in nanoseconds, as some senders write them) are kept as bigint. */
function parseExact(text: string): unknown {
  if (!/[:[,]\s*-?\d{16,}/.test(text)) return JSON.parse(text);
  const keep = (_key: string, value: unknown, { source }: { source?: string } = {}) =>
    typeof value === 'number' && !Number.isSafeInteger(value) && source !== undefined && /^-?\d+$/.test(source)
      ? BigInt(source)
      : value;
  return JSON.parse(text, keep as (key: string, value: unknown) => unknown);
}

const doubleWords: Readonly<Record<string, number>> = { NaN: Number.NaN, Infinity: Infinity, '-Infinity': -Infinity };

class Transcoder {
  readonly writer: ProtobufWriter;
  /** Names and indexes that lead to the value at hand. */
  readonly #path: (string | number)[] = [];

  constructor(sizeHint: number) {
    this.writer = new ProtobufWriter(sizeHint);
  }

  message(json: unknown, message: Message): void {
    if (typeof json !== 'object' || json === null || Array.isArray(json)) this.#refuse('an object');
    if (this.#path.length > maxDepth) this.#refuse(`at most ${maxDepth} levels`);
    for (const { name, number, type, repeated } of message.fields) {
      const value = (json as Record<string, unknown>)[name];
      // null is the same as absent, as everywhere in protobuf's JSON.
      if (value === undefined || value === null) continue;
      this.#path.push(name);
      if (!repeated) this.#field(value, number, type);
      else if (Array.isArray(value)) {
        for (let i = 0; i < value.length; i++) {
          this.#path.push(i);
          this.#field(value[i], number, type);
          this.#path.pop();
        }
      } else this.#refuse('a list');
      this.#path.pop();
    }
  }

  #field(value: unknown, number: number, type: Scalar | Message): void {
    const { writer } = this;
    if (type instanceof Message) {
      writer.tag(number, 2);
      const start = writer.beginMessage();
      this.message(value, type);
      writer.endMessage(start);
      return;
    }
    switch (type) {
      case 'string':
      case 'bytes':
        if (typeof value !== 'string') this.#refuse(type === 'string' ? 'a string' : 'base64 text');
        writer.tag(number, 2);
        writer.text(value as string, type === 'string' ? 'utf8' : 'base64');
        return;
      case 'hex':
        if (typeof value !== 'string' || value.length % 2 !== 0 || !/^[0-9a-fA-F]{0,64}$/.test(value))
          this.#refuse('hexadecimal digits');
        writer.tag(number, 2);
        writer.text(value as string, 'hex');
        return;
      case 'fixed32':
        writer.tag(number, 5);
        writer.fixed32(Number(this.#integer(value, 0n, 2n ** 32n - 1n)));
        return;
      case 'bool':
        if (typeof value !== 'boolean') this.#refuse('true or false');
        writer.tag(number, 0);
        writer.varint(value === true ? 1 : 0);
        return;
      case 'enum':
        if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value >= 2 ** 31)
          this.#refuse('the number of an enum value');
        writer.tag(number, 0);
        writer.varint(value as number);
        return;
      case 'double':
        writer.tag(number, 1);
        writer.double(this.#double(value));
        return;
      case 'uint32':
        writer.tag(number, 0);
        writer.varint64(this.#integer(value, 0n, 2n ** 32n - 1n));
        return;
      case 'int64':
        writer.tag(number, 0);
        writer.varint64(this.#integer(value, -(2n ** 63n), 2n ** 63n - 1n));
        return;
      case 'uint64':
        writer.tag(number, 0);
        writer.varint64(this.#integer(value, 0n, 2n ** 64n - 1n));
        return;
      case 'sint32': {
        const signed = Number(this.#integer(value, -(2n ** 31n), 2n ** 31n - 1n));
        writer.tag(number, 0);
        // ZigZag: small numbers of either sign stay short.
        writer.varint(((signed << 1) ^ (signed >> 31)) >>> 0);
        return;
      }
      case 'sfixed64':
        writer.tag(number, 1);
        writer.fixed64(this.#integer(value, -(2n ** 63n), 2n ** 63n - 1n));
        return;
      default:
        writer.tag(number, 1);
        writer.fixed64(this.#integer(value, 0n, 2n ** 64n - 1n));
    }
  }

  #integer(value: unknown, min: bigint, max: bigint): bigint {
    let integer: bigint | undefined;
    if (typeof value === 'bigint') integer = value;
    else if (typeof value === 'number' && Number.isInteger(value)) integer = BigInt(value);
    else if (typeof value === 'string' && /^-?\d{1,20}$/.test(value)) integer = BigInt(value);
    if (integer === undefined) return this.#refuse('an integer, as a number or a string');
    return integer >= min && integer <= max ? integer : this.#refuse(`an integer from ${min} to ${max}`);
  }

  #double(value: unknown): number {
    if (typeof value === 'number' || typeof value === 'bigint') return Number(value);
    if (typeof value === 'string') {
      if (Object.hasOwn(doubleWords, value)) return doubleWords[value] as number;
      if (/^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(value)) return Number(value);
    }
    return this.#refuse('a number');
  }

  #refuse(expected: string): never {
    const path = this.#path
      .map((part, i) => (typeof part === 'number' ? `[${part}]` : i === 0 ? part : `.${part}`))
      .join('');
    throw new BinnacleError('malformed_body', `${path === '' ? 'the body' : path.slice(0, 500)}: expected ${expected}`);
  }
}
