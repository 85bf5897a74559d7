/**
 * Runs in columns: stretches of samples of one series with rising times. `firstTime` is ms since 1970, `offset` what to add to a
 * time of its block to get there.
 */
export class RunList {
  length = 0;
  /** Samples of all runs together. */
  samples = 0;
  series = new Uint32Array(1024);
  block = new Uint32Array(1024);
  from = new Uint32Array(1024);
  to = new Uint32Array(1024);
  offset = new Float64Array(1024);
  firstTime = new Float64Array(1024);
  /** 0 where no value is a NaN; elsewhere one may be. */
  mayHaveNaN = new Uint8Array(1024);

  add(
    series: number,
    block: number,
    from: number,
    to: number,
    offsetMs: number,
    firstTimeMs: number,
    mayHaveNaN: number,
  ): void {
    if (this.length === this.series.length) this.#grow();
    const i = this.length++;
    this.series[i] = series;
    this.block[i] = block;
    this.from[i] = from;
    this.to[i] = to;
    this.offset[i] = offsetMs;
    this.firstTime[i] = firstTimeMs;
    this.mayHaveNaN[i] = mayHaveNaN;
    this.samples += to - from;
  }

  /** The runs ordered by series, then by first time: those of series s stand in `order` from `starts[s]` to `starts[s + 1]`. */
  bySeries(seriesCount: number): { readonly order: Uint32Array; readonly starts: Uint32Array } {
    const { series, firstTime, length } = this;
    const starts = new Uint32Array(seriesCount + 1);
    for (let i = 0; i < length; i++) {
      const next = (series[i] as number) + 1;
      starts[next] = (starts[next] as number) + 1;
    }
    for (let s = 0; s < seriesCount; s++) starts[s + 1] = (starts[s + 1] as number) + (starts[s] as number);
    const order = new Uint32Array(length);
    const next = starts.slice();
    for (let i = 0; i < length; i++) {
      const s = series[i] as number;
      order[next[s] as number] = i;
      next[s] = (next[s] as number) + 1;
    }
    for (let s = 0; s < seriesCount; s++) {
      const from = starts[s] as number;
      const to = starts[s + 1] as number;
      for (let i = from + 1; i < to; i++) {
        if ((firstTime[order[i - 1] as number] as number) <= (firstTime[order[i] as number] as number)) continue;
        order.subarray(from, to).sort((a, b) => (firstTime[a] as number) - (firstTime[b] as number));
        break;
      }
    }
    return { order, starts };
  }

  #grow(): void {
    const capacity = this.series.length * 2;
    this.series = copied(new Uint32Array(capacity), this.series);
    this.block = copied(new Uint32Array(capacity), this.block);
    this.from = copied(new Uint32Array(capacity), this.from);
    this.to = copied(new Uint32Array(capacity), this.to);
    this.offset = copied(new Float64Array(capacity), this.offset);
    this.firstTime = copied(new Float64Array(capacity), this.firstTime);
    this.mayHaveNaN = copied(new Uint8Array(capacity), this.mayHaveNaN);
  }
}

function copied<Column extends Uint8Array | Uint32Array | Float64Array>(larger: Column, column: Column): Column {
  larger.set(column);
  return larger;
}
