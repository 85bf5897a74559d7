/** The columns of a slab, and the way to give them back. */
export interface PooledColumns {
  readonly timestamps: Float64Array;
  readonly values: Float64Array;
  readonly valueWords: Uint32Array;
  readonly release: () => void;
}

/**
 * Columns that one scan uses again and again: memory that has been touched before is several times cheaper to fill than
 * fresh memory. Holds what was given back, as long as the scan runs.
 */
export class ColumnPool {
  readonly #free: { readonly timestamps: Float64Array; readonly values: Float64Array }[] = [];

  take(length: number): PooledColumns {
    const at = this.#free.findIndex(({ values }) => values.length >= length);
    const [found] = at < 0 ? [] : this.#free.splice(at, 1);
    const columns = found ?? { timestamps: new Float64Array(length), values: new Float64Array(length) };
    let given = false;
    return {
      ...columns,
      valueWords: new Uint32Array(columns.values.buffer),
      release: () => {
        if (given) return;
        given = true;
        if (this.#free.length < mostFree) this.#free.push(columns);
      },
    };
  }
}

const mostFree = 4;
