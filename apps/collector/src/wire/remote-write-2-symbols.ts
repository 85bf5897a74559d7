import { BinnacleError } from '@binnacle/shared/errors.ts';
import { ByteTable } from './byte-table.ts';
import type { ProtobufReader } from './protobuf.ts';

/** Symbols of one request; an empty one takes two bytes there and twelve here. */
const maxSymbols = 2 ** 21;

const bounds = { maxEntries: 1_000_000, maxKeyBytes: 64 * 1024 * 1024 };

/**
 * The symbols of one request after the other. A symbol has a number that is the same in every request, as long as its
 * bytes are remembered, and is never given to other bytes: what is forgotten gets a new one.
 */
export class SymbolTable {
  /** Rises when numbering begins anew: numbers of different generations have nothing to do with each other. */
  generation = 0;
  #numbers = new ByteTable<number>(bounds);
  #next = 1;
  #bytes: Buffer = Buffer.alloc(0);
  #starts = new Uint32Array(1024);
  #ends = new Uint32Array(1024);
  /** Numbers of this request's symbols; 0 where none was asked for. */
  #ids = new Uint32Array(1024);
  readonly #texts: (string | undefined)[] = [];
  #count = 0;

  begin(bytes: Buffer): void {
    this.#bytes = bytes;
    this.#count = 0;
    this.#texts.length = 0;
    if (this.#next < 2 ** 31) return;
    this.#numbers = new ByteTable(bounds);
    this.#next = 1;
    this.generation++;
  }

  /** Throws `body_too_large` when there are more symbols than labels can be meant. */
  add(start: number, end: number): void {
    const i = this.#count++;
    if (i === maxSymbols)
      throw new BinnacleError('body_too_large', `there are more than ${maxSymbols} symbols in one request`);
    if (i === this.#starts.length) {
      this.#starts = doubled(this.#starts);
      this.#ends = doubled(this.#ends);
      this.#ids = doubled(this.#ids);
    }
    this.#starts[i] = start;
    this.#ends[i] = end;
    this.#ids[i] = 0;
  }

  /** The first symbol must be the empty one, since a reference that is left out means it. Throws `malformed_body`. */
  check(reader: ProtobufReader): void {
    if (this.#count === 0) reader.fail('there are series but no symbols', 0);
    if (this.#starts[0] !== this.#ends[0]) reader.fail('the first symbol is not the empty string', this.#starts[0]);
  }

  /** Why these references name no labels, or undefined. */
  faultOf(refs: Uint32Array, count: number): string | undefined {
    if (count % 2 !== 0) return `labels_refs holds ${count} references, which are no pairs`;
    for (let i = 0; i < count && i < refs.length; i++)
      if ((refs[i] as number) >= this.#count) return `labels_refs names symbol ${refs[i]} of ${this.#count}`;
    return undefined;
  }

  /** The symbol must exist. */
  idOf(ref: number): number {
    const known = this.#ids[ref] as number;
    if (known !== 0) return known;
    const start = this.#starts[ref] as number;
    const end = this.#ends[ref] as number;
    let id = this.#numbers.get(this.#bytes, start, end);
    if (id === undefined) {
      id = this.#next++;
      this.#numbers.set(this.#bytes, start, end, id);
    }
    this.#ids[ref] = id;
    return id;
  }

  /** Bytes of a symbol, which must exist. */
  lengthOf(ref: number): number {
    return (this.#ends[ref] as number) - (this.#starts[ref] as number);
  }

  /** Throws `malformed_body` when there is no such symbol or it is not UTF-8. */
  textOf(reader: ProtobufReader, ref: number): string {
    if (ref >= this.#count) reader.fail(`a reference names symbol ${ref} of ${this.#count}`);
    let text = this.#texts[ref];
    if (text === undefined) {
      text = reader.text(this.#starts[ref] as number, this.#ends[ref] as number);
      this.#texts[ref] = text;
    }
    return text;
  }
}

function doubled(from: Uint32Array): Uint32Array<ArrayBuffer> {
  const to = new Uint32Array(from.length * 2);
  to.set(from);
  return to;
}
