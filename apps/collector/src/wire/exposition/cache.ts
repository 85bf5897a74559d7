import type { MetricMetadata, MetricType } from '@binnacle/shared/telemetry/sample-batch.ts';
import { type InternedSeries, SeriesIntern, sortPairs } from '../series-intern.ts';

/** How series of a target are changed before they are stored. Asked once for each new series, not for each sample. */
export interface SeriesMapping {
  /** Labels of the target: `job`, `instance`, `cluster`, … */
  readonly extraLabels?: Readonly<Record<string, string>>;
  /** true: the exposition's own labels win; false (default): they are kept as `exported_<name>`. */
  readonly honorLabels?: boolean;
  /** Changes the exposition's own flat pairs (`__name__` first) in place; false drops the series. */
  readonly relabel?: (pairs: string[]) => boolean;
  /** Changes the labels after those of the target have been put on; false drops the series. */
  readonly relabelMerged?: ((labels: Map<string, string>) => boolean) | undefined;
  /** Labels that a series gets in the end where it lacks them. */
  readonly defaultLabels?: Readonly<Record<string, string>>;
  /** A series beyond these fails the reading; 0 is no limit. Lengths in bytes. */
  readonly limits?: LabelLimits | undefined;
  /** New name of a metric family in HELP, TYPE and UNIT; null drops it. */
  readonly renameFamily?: (family: string) => string | null;
  /** Metrics (as the source names them) whose values are percent, or, when written with a decimal point, a ratio: those are taken times 100. */
  readonly percentOrRatio?: ReadonlySet<string>;
  /** Values at or above this are a way to say "no value": the sample is left out. */
  readonly noValueFrom?: number;
}

/** Most labels of a series, with its name, and most bytes of a label's name and value; 0 is no limit. */
export interface LabelLimits {
  readonly labels: number;
  readonly nameLength: number;
  readonly valueLength: number;
}

/** Stands in the cache for a line that gives nothing: dropped series, and HELP, TYPE and UNIT that are known already. */
export const nothing = { nothing: true } as const;

/** Stands in the cache for a series of `percentOrRatio`. */
export class PercentOrRatio {
  readonly series: InternedSeries;

  constructor(series: InternedSeries) {
    this.series = series;
  }
}

interface Family {
  type: MetricType;
  help: string;
  unit: string;
  changed: boolean;
}

const maxFamilies = 20_000;

/** What is remembered of one target from read to read: series by the bytes of their lines, and families. */
export class ExpositionCache {
  readonly intern: SeriesIntern<typeof nothing | PercentOrRatio>;
  readonly mapping: SeriesMapping;
  readonly #extra: readonly (readonly [string, string])[];
  #families = new Map<string, Family>();
  #changed = false;
  /** The exemplar that stood last beside a series, by its bytes: it stays in expositions until another one comes. */
  #exemplars = new WeakMap<InternedSeries, string>();
  /** The last reading that counted: series seen since are not new. */
  goodEpoch = 0;

  constructor(mapping: SeriesMapping = {}, bounds = { maxEntries: 200_000, maxKeyBytes: 64 * 1024 * 1024 }) {
    this.mapping = mapping;
    this.intern = new SeriesIntern(bounds);
    this.#extra = Object.entries(mapping.extraLabels ?? {}).filter(([, value]) => value !== '');
  }

  /** Whether this exemplar of the series is another than the one before. */
  isNewExemplar(series: InternedSeries, text: string): boolean {
    if (this.#exemplars.get(series) === text) return false;
    this.#exemplars.set(series, text);
    return true;
  }

  /** What was read last was not stored: exemplars count as new again. */
  forgetExemplars(): void {
    this.#exemplars = new WeakMap();
  }

  /** Sorted pairs as they are stored, or null for a series that is dropped. `fail` is called for what fails the reading. */
  map(pairs: string[], fail: (what: string) => never): string[] | null {
    const { relabel, relabelMerged, defaultLabels, limits } = this.mapping;
    if (relabel?.(pairs) === false) return null;
    for (let i = 2; i < pairs.length; i += 2) {
      if (indexOfName(pairs, pairs[i] as string) < i) fail(`label "${pairs[i]}" stands twice`);
    }
    let merged = this.#withTarget(pairs);
    if (relabelMerged !== undefined) {
      const labels = new Map<string, string>();
      for (let i = 0; i < merged.length; i += 2) {
        if (merged[i + 1] !== '') labels.set(merged[i] as string, merged[i + 1] as string);
      }
      if (!relabelMerged(labels) || labels.size === 0) return null;
      if (!labels.has('__name__')) fail('the series has no metric name after relabelling');
      merged = [...labels].flat();
    }
    for (const name in defaultLabels) {
      if (indexOfName(merged, name) < 0) merged.push(name, defaultLabels[name] as string);
    }
    const sorted = sortPairs(merged);
    if (limits !== undefined) checkLimits(sorted, limits, fail);
    return sorted;
  }

  /** Puts the target's labels on; an empty label of the exposition means "not even the target's" with `honorLabels`. */
  #withTarget(pairs: string[]): string[] {
    const clashes: [string, string][] = [];
    for (const [name, value] of this.#extra) {
      const at = indexOfName(pairs, name);
      if (at < 0) pairs.push(name, value);
      else if (this.mapping.honorLabels !== true) {
        if (pairs[at + 1] !== '') clashes.push([name, pairs[at + 1] as string]);
        pairs[at + 1] = value;
      }
    }
    // Short names first: what they are renamed to may clash in turn.
    clashes.sort(([a], [b]) => a.length - b.length);
    for (const [name, value] of clashes) {
      const free = freeName(pairs, name);
      const at = indexOfName(pairs, free);
      if (at < 0) pairs.push(free, value);
      else pairs[at + 1] = value;
    }
    return pairs;
  }

  /** Notes what a HELP, TYPE or UNIT line says. */
  note(family: string, what: Partial<Pick<Family, 'type' | 'help' | 'unit'>>): void {
    const name = this.mapping.renameFamily === undefined ? family : this.mapping.renameFamily(family);
    if (name === null) return;
    let known = this.#families.get(name);
    if (known === undefined) {
      if (this.#families.size >= maxFamilies) this.#families.clear();
      known = { type: 'unknown', help: '', unit: '', changed: true };
      this.#families.set(name, known);
    }
    Object.assign(known, what, { changed: true });
    this.#changed = true;
  }

  /** Families that are new or have changed since the last call. */
  takeChanged(): MetricMetadata[] {
    if (!this.#changed) return [];
    this.#changed = false;
    const changed: MetricMetadata[] = [];
    for (const [family, known] of this.#families) {
      if (!known.changed) continue;
      known.changed = false;
      changed.push({ family, type: known.type, help: known.help, unit: known.unit });
    }
    return changed;
  }
}

function indexOfName(pairs: readonly string[], name: string): number {
  for (let i = 0; i < pairs.length; i += 2) if (pairs[i] === name) return i;
  return -1;
}

function freeName(pairs: readonly string[], name: string): string {
  let free = `exported_${name}`;
  for (let at = indexOfName(pairs, free); at >= 0 && pairs[at + 1] !== ''; at = indexOfName(pairs, free)) {
    free = `exported_${free}`;
  }
  return free;
}

function checkLimits(pairs: readonly string[], limits: LabelLimits, fail: (what: string) => never): void {
  const { labels, nameLength, valueLength } = limits;
  if (labels > 0 && pairs.length / 2 > labels)
    fail(`the series has ${pairs.length / 2} labels, more than ${labels} (label_limit)`);
  if (nameLength === 0 && valueLength === 0) return;
  for (let i = 0; i < pairs.length; i += 2) {
    const name = pairs[i] as string;
    if (nameLength > 0 && Buffer.byteLength(name) > nameLength)
      fail(`a label name is longer than ${nameLength} bytes (label_name_length_limit)`);
    if (valueLength > 0 && Buffer.byteLength(pairs[i + 1] as string) > valueLength)
      fail(`the value of label "${name}" is longer than ${valueLength} bytes (label_value_length_limit)`);
  }
}
