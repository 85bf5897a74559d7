import { labelBits } from '../series/series-id.ts';

/** Ids in one statement: their text stays far below ClickHouse's 256 KiB for a query. */
const idsPerStatement = 5000;

/** Some of the chosen series, as SQL over a column of ids. */
export interface SeriesChoice {
  readonly ids: readonly bigint[];
  /** True for the chosen series and for no other that the store knows. */
  sql(column: string): string;
}

/**
 * The chosen ids in as few conditions as possible: a metric of which every series is chosen is one range of ids, whatever
 * their number. `seriesOfMetricHash` says how many series share the upper bits of an id, as `LabelIndex` does.
 */
export function seriesChoices(
  ids: readonly bigint[],
  seriesOfMetricHash: (id: bigint) => number,
  perStatement = idsPerStatement,
): readonly SeriesChoice[] {
  const byHash = new Map<bigint, bigint[]>();
  for (const id of ids) {
    const hash = id >> labelBits;
    const list = byHash.get(hash);
    if (list === undefined) byHash.set(hash, [id]);
    else list.push(id);
  }
  const whole: bigint[][] = [];
  const single: bigint[] = [];
  for (const list of byHash.values()) {
    // Few ids are cheaper named than as a range.
    if (list.length > 100 && seriesOfMetricHash(list[0] as bigint) === list.length) whole.push(list);
    else for (const id of list) single.push(id);
  }
  const choices: SeriesChoice[] = whole.map((list) => {
    const first = ((list[0] as bigint) >> labelBits) << labelBits;
    const last = first | ((1n << labelBits) - 1n);
    return { ids: list, sql: (column) => `${column} BETWEEN ${first} AND ${last}` };
  });
  single.sort((a, b) => (a < b ? -1 : 1));
  for (let from = 0; from < single.length; from += perStatement) {
    const part = single.slice(from, from + perStatement);
    choices.push({ ids: part, sql: (column) => `${column} IN (${part.join(', ')})` });
  }
  return choices;
}
