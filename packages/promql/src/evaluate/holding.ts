/** A series counts as so many values more: its object and the views of its columns, some 300 bytes. */
export const valuesPerSeries = 32;

/** Counts the values that a query holds; `change` refuses what is too much. */
export interface Account {
  change(values: number): void;
}

/**
 * What one node of a query's tree holds while it is evaluated: the results of its parts, and what it makes itself. Once it is
 * done only its own result stays, as a part of the node around it. Parts that are evaluated side by side all count, so that
 * a sum of a hundred selectors is bounded as a whole.
 */
export class Holding {
  readonly #account: Account;
  readonly #outer: Holding | undefined;
  #own = 0;
  #parts = 0;

  constructor(account: Account, outer?: Holding) {
    this.#account = account;
    this.#outer = outer;
  }

  /** Values of the results of the parts that are done. */
  get parts(): number {
    return this.#parts;
  }

  /** For a part of this node. */
  inner(): Holding {
    return new Holding(this.#account, this);
  }

  /** The node's own result comes to so many values, or did before. */
  reserve(values: number): void {
    if (values <= this.#own) return;
    this.#account.change(values - this.#own);
    this.#own = values;
  }

  /** The node is done, with a result of so many values: whatever else it held is free. */
  settle(values: number): void {
    this.#account.change(values - this.#own - this.#parts);
    this.#own = 0;
    this.#parts = 0;
    if (this.#outer !== undefined) this.#outer.#parts += values;
  }
}
