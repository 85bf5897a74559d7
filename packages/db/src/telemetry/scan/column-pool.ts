import { freeBuffer } from '../native/free-buffer.ts';

/** The columns of a slab, and the way to give them back. */
export interface PooledColumns {
  readonly timestamps: Float64Array;
  readonly values: Float64Array;
  readonly valueWords: Uint32Array;
  readonly release: () => void;
}

interface Columns {
  readonly timestamps: Float64Array;
  readonly values: Float64Array;
}

/**
 * Columns that one scan uses again and again: memory that has been touched before is several times cheaper to fill than
 * fresh memory. What is given back after the scan's end is freed.
 */
export class ColumnPool implements Disposable {
  readonly #free: Columns[] = [];
  #closed = false;

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
        if (this.#closed) free(columns);
        else this.#free.push(columns);
      },
    };
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    for (const columns of this.#free.splice(0)) free(columns);
  }
}

function free({ timestamps, values }: Columns): void {
  freeBuffer(timestamps.buffer);
  freeBuffer(values.buffer);
}
