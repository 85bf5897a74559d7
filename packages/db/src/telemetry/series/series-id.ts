import xxhash from 'xxhash-wasm';

/** Bits of the id that come from the labels; the 20 above come from the metric's name. */
export const labelBits = 44n;
const labelMask = (1n << labelBits) - 1n;
const metricMask = (1n << 20n) - 1n;

/** Ids are the same in every process and version: they are stored beside the samples. */
export interface SeriesIds {
  /** `hash20(metric) << 44 | hash44(labels)`: series of one metric have neighbouring ids. */
  idOf(metric: string, labelsKey: string): bigint;
}

export async function loadSeriesIds(): Promise<SeriesIds> {
  const { h64 } = await xxhash();
  return {
    idOf: (metric, labelsKey) => ((h64(metric) & metricMask) << labelBits) | (h64(labelsKey) & labelMask),
  };
}

/** The next id of the same metric, for a series whose own id another series already has. */
export function nextId(id: bigint): bigint {
  return (id & ~labelMask) | ((id + 1n) & labelMask);
}
