import type { MetricMetadata, MetricType } from '@binnacle/shared/telemetry/sample-batch.ts';
import { type InternedSeries, SeriesIntern, sortPairs } from '../series-intern.ts';

/** How series of a target are changed before they are stored. Asked once for each new series, not for each sample. */
export interface SeriesMapping {
  /** Labels of the target: `job`, `instance`, `cluster`, … */
  readonly extraLabels?: Readonly<Record<string, string>>;
  /** true: the exposition's own labels win; false (default): they are kept as `exported_<name>`. */
  readonly honorLabels?: boolean;
  /** Changes flat pairs (`__name__` first) in place; false drops the series. */
  readonly relabel?: (pairs: string[]) => boolean;
  /** New name of a metric family in HELP, TYPE and UNIT; null drops it. */
  readonly renameFamily?: (family: string) => string | null;
  /** Metrics (as the source names them) whose values are percent, or, when written with a decimal point, a ratio: those are taken times 100. */
  readonly percentOrRatio?: ReadonlySet<string>;
  /** Values at or above this are a way to say "no value": the sample is left out. */
  readonly noValueFrom?: number;
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

  constructor(mapping: SeriesMapping = {}, bounds = { maxEntries: 200_000, maxKeyBytes: 64 * 1024 * 1024 }) {
    this.mapping = mapping;
    this.intern = new SeriesIntern(bounds);
    this.#extra = Object.entries(mapping.extraLabels ?? {}).filter(([, value]) => value !== '');
  }

  /** Sorted pairs as they are stored, or null for a series that is dropped. `fail` is called for a repeated label. */
  map(pairs: string[], fail: (what: string) => never): string[] | null {
    if (this.mapping.relabel?.(pairs) === false) return null;
    for (const [name, value] of this.#extra) {
      const at = indexOfName(pairs, name);
      if (at < 0 || pairs[at + 1] === '') pairs.push(name, value);
      else if (this.mapping.honorLabels !== true) {
        pairs[at] = freeName(pairs, name);
        pairs.push(name, value);
      }
    }
    const sorted = sortPairs(pairs);
    for (let i = 2; i < sorted.length; i += 2) {
      if (sorted[i] === sorted[i - 2]) fail(`label "${sorted[i]}" stands twice`);
    }
    return sorted;
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
  while (indexOfName(pairs, free) >= 0) free = `exported_${free}`;
  return free;
}
