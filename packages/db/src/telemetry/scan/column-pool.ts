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

/** Fewer samples than this are cheaper to allocate than to keep. */
const worthKeeping = 65_536;
/** Columns have a multiple of so many samples, so that those of one scan fit the next. */
const samplesPerUnit = 131_072;

/**
 * Columns that scans use again and again. Memory that has been touched before is several times cheaper to fill than fresh
 * memory, and memory outside of the heap that comes and goes makes V8 collect the whole heap with nearly every large query.
 * Keeps a bounded number of samples, and nothing once no scan has come for a while.
 */
export class ColumnPool {
  readonly #free: Columns[] = [];
  readonly #mostKept: number;
  readonly #idleMs: number;
  #kept = 0;
  #idle: NodeJS.Timeout | undefined;

  /** Keeps `mostKept` samples (16 bytes each) for `idleMs`. */
  constructor(mostKept = 4_000_000, idleMs = 30_000) {
    this.#mostKept = mostKept;
    this.#idleMs = idleMs;
  }

  take(length: number): PooledColumns {
    const columns = this.#find(length);
    let given = false;
    return {
      ...columns,
      valueWords: new Uint32Array(columns.values.buffer),
      release: () => {
        if (given) return;
        given = true;
        this.#giveBack(columns);
      },
    };
  }

  /** Frees what is kept. */
  clear(): void {
    clearTimeout(this.#idle);
    this.#kept = 0;
    for (const columns of this.#free.splice(0)) free(columns);
  }

  #find(length: number): Columns {
    if (length < worthKeeping) return { timestamps: new Float64Array(length), values: new Float64Array(length) };
    const at = this.#free.findIndex(({ values }) => values.length >= length);
    const [found] = at < 0 ? [] : this.#free.splice(at, 1);
    if (found !== undefined) {
      this.#kept -= found.values.length;
      return found;
    }
    const capacity = Math.ceil(length / samplesPerUnit) * samplesPerUnit;
    return { timestamps: new Float64Array(capacity), values: new Float64Array(capacity) };
  }

  #giveBack(columns: Columns): void {
    const { length } = columns.values;
    if (length < worthKeeping) return;
    if (this.#kept + length > this.#mostKept) {
      free(columns);
      return;
    }
    this.#kept += length;
    // Last in, first out: what was touched last is nearest.
    this.#free.unshift(columns);
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => this.clear(), this.#idleMs).unref();
  }
}

function free({ timestamps, values }: Columns): void {
  freeBuffer(timestamps.buffer);
  freeBuffer(values.buffer);
}
