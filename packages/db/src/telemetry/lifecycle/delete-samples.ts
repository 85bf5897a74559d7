import type { Matcher, SeriesEntry, TimeRange } from '@binnacle/shared/telemetry/reader.ts';
import type { Engine } from '../engine/engine.ts';
import { bucketMs } from '../schema/tables.ts';
import type { LabelIndex } from '../series/label-index.ts';
import { runMutation } from './mutation.ts';
import type { DeletableSamples, SeriesBounds } from './sample-tables.ts';
import { type SeriesChoice, seriesChoices } from './series-choice.ts';

/** What a deletion found, and took away unless it was only asked. */
export interface DeletedSamples {
  /** Series that may have had samples in the range. */
  readonly series: number;
  /** Samples in the range, duplicates that were not merged yet included. */
  readonly samples: number;
}

export interface DeletionPlace {
  readonly engine: Engine;
  readonly database: string;
  readonly index: LabelIndex;
  readonly select: (matchers: readonly Matcher[], range: TimeRange) => Promise<readonly SeriesEntry[]>;
  /** Every table that samples are read from. What moves samples from one to another must stand still meanwhile. */
  readonly tables: readonly DeletableSamples[];
  /** Runs work while no insert runs, and after all samples that were given before are in their table. */
  readonly withoutInserts: <T>(work: () => Promise<T>) => Promise<T>;
  /**
   * Other processes write too. They store no span that they take for stored, so none may become shorter behind them: series without
   * samples are then named until the retention forgets them.
   */
  readonly shared?: boolean;
}

/** Ids stand three times in the statement that changes spans. */
const spansPerStatement = 2000;

/**
 * Deletes the samples in the range (both ends inclusive) of every series that one of the matcher sets selects. When it
 * resolves no query sees them any more, also after a restart; what is inserted meanwhile or later stays. A series without
 * samples disappears from labels and series, one that keeps some gets its span from them. Doing it again does nothing.
 */
export async function deleteSamples(
  place: DeletionPlace,
  matcherSets: readonly (readonly Matcher[])[],
  range: TimeRange,
  dryRun: boolean,
): Promise<DeletedSamples> {
  // What was acknowledged and waits for its table goes with the rest.
  await place.withoutInserts(async () => {});
  const chosen = new Map<bigint, SeriesEntry>();
  for (const matchers of matcherSets) {
    for (const entry of await place.select(matchers, range)) chosen.set(entry.id, entry);
  }
  let samples = 0;
  for (const choice of seriesChoices([...chosen.keys()], (id) => place.index.seriesOfMetricHash(id))) {
    for (const table of place.tables) {
      const found = await table.count(choice, range);
      samples += found;
      if (found > 0 && !dryRun) await table.delete(choice, range);
    }
    // An insert between looking and telling the index would leave a sample that no query finds.
    if (!dryRun && place.shared !== true) await place.withoutInserts(() => narrowSpans(place, choice, chosen, range));
  }
  return { series: chosen.size, samples };
}

/** Takes every table's deleted samples off the disk. */
export async function cleanDeleted(tables: readonly DeletableSamples[]): Promise<void> {
  for (const table of tables) await table.clean();
}

/** Brings spans in line with what is left, in the store before in memory: whoever looks too far finds nothing, no harm. */
async function narrowSpans(
  { engine, database, index, tables }: DeletionPlace,
  choice: SeriesChoice,
  entries: ReadonlyMap<bigint, SeriesEntry>,
  { fromMs, toMs }: TimeRange,
): Promise<void> {
  const [from, to] = [Math.floor(Math.max(0, fromMs) / bucketMs), Math.floor(toMs / bucketMs)];
  const placeOf = (id: bigint) => index.resolve((entries.get(id) as SeriesEntry).labels);
  // A series that had samples on both sides of the range has them still.
  const touched = choice.ids.filter((id) => {
    if (!index.hasId(id)) return true;
    const at = placeOf(id);
    return index.firstBucket(at) >= from || index.lastBucket(at) <= to;
  });
  if (touched.length === 0) return;
  const left = new Map<bigint, SeriesBounds>();
  const looking = touched.length === choice.ids.length ? [choice] : seriesChoices(touched, () => 0);
  for (const some of looking) {
    for (const table of tables) {
      for (const [id, { first, last }] of await table.bounds(some)) {
        const known = left.get(id);
        left.set(id, { first: Math.min(first, known?.first ?? first), last: Math.max(last, known?.last ?? last) });
      }
    }
  }
  const gone = touched.filter((id) => !left.has(id));
  const kept = touched.filter((id) => left.has(id));
  const spans = `${database}.series_span`;
  const change = (sql: string) => runMutation(engine, database, 'series_span', `${sql} SETTINGS mutations_sync = 0`);
  if (gone.length === choice.ids.length) await change(`ALTER TABLE ${spans} DELETE WHERE ${choice.sql('series')}`);
  else {
    for (const some of seriesChoices(gone, () => 0)) {
      await change(`ALTER TABLE ${spans} DELETE WHERE ${some.sql('series')}`);
    }
  }
  for (const some of seriesChoices(kept, () => 0, spansPerStatement)) {
    const bounds = some.ids.map((id) => left.get(id) as SeriesBounds);
    const to32 = (column: 'first' | 'last') =>
      `toUInt32(transform(series, [${some.ids.join(', ')}], [${bounds.map((b) => b[column]).join(', ')}], 0))`;
    await change(
      `ALTER TABLE ${spans} UPDATE first_b = ${to32('first')}, last_b = ${to32('last')} WHERE ${some.sql('series')}`,
    );
  }
  for (const id of touched) if (index.hasId(id)) index.narrow(placeOf(id), left.get(id));
}
