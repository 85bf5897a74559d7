/** From the two halves of an id to its place in a list: open addressing by the lower half, no object per id. */
export class IdTable {
  readonly #words: Uint32Array;
  /** A slot holds the place of an id plus one. */
  readonly #slots: Uint32Array;
  readonly #mask: number;
  /** Whether no two ids share their lower half. */
  readonly lowHalvesDiffer: boolean;

  /** `words`: the ids, low half before high half. */
  constructor(words: Uint32Array) {
    this.#words = words;
    let size = 16;
    while (size < words.length) size *= 2;
    this.#slots = new Uint32Array(size);
    this.#mask = size - 1;
    let differ = true;
    for (let place = 0; place < words.length / 2; place++) {
      const low = words[2 * place] as number;
      let slot = this.#slot(low);
      while (this.#slots[slot] !== 0) {
        if (words[2 * ((this.#slots[slot] as number) - 1)] === low) differ = false;
        slot = (slot + 1) & this.#mask;
      }
      this.#slots[slot] = place + 1;
    }
    this.lowHalvesDiffer = differ;
  }

  /** Place of the id, or -1. */
  find(low: number, high: number): number {
    for (let slot = this.#slot(low); ; slot = (slot + 1) & this.#mask) {
      const place = (this.#slots[slot] as number) - 1;
      if (place < 0) return -1;
      if (this.#words[2 * place] === low && this.#words[2 * place + 1] === high) return place;
    }
  }

  /** Place of an id with this lower half, or -1. */
  findLow(low: number): number {
    for (let slot = this.#slot(low); ; slot = (slot + 1) & this.#mask) {
      const place = (this.#slots[slot] as number) - 1;
      if (place < 0 || this.#words[2 * place] === low) return place;
    }
  }

  #slot(low: number): number {
    return (Math.imul(low, 0x85ebca6b) >>> 7) & this.#mask;
  }
}
