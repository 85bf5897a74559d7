import type { LabelSet } from './labels.ts';

/**
 * Series that one decoder knows, by number: 0, 1, 2, … A batch that names its series by these numbers spares whoever takes it
 * a look at an object for each series: notes about a series lie in typed arrays, and 0 is a note that nobody has made yet.
 */
export class SeriesTable {
  readonly labels: LabelSet[] = [];
  /** The pipeline's: which check the series has passed. */
  checked = new Uint32Array(1024);
  /** The store's: the place of the series in its index, plus one. */
  places = new Uint32Array(1024);
  /** Whose notes `places` are. */
  placesOwner: object | undefined;

  /** Adds the series with the next number. */
  add(labels: LabelSet): void {
    const size = this.labels.push(labels);
    if (size <= this.checked.length) return;
    this.checked = widened(this.checked);
    this.places = widened(this.places);
  }
}

function widened(from: Uint32Array): Uint32Array<ArrayBuffer> {
  const to = new Uint32Array(from.length * 2);
  to.set(from);
  return to;
}
