import { type LabelSet, labelsFromObject } from '@binnacle/shared/telemetry/labels.ts';
import type { Matcher, SeriesEntry, TimeRange } from '@binnacle/shared/telemetry/reader.ts';
import type { Engine, QueryParameters } from '../engine/engine.ts';
import type { LabelIndex } from './label-index.ts';
import { compileMatcher } from './label-matcher.ts';
import { bucketsOf } from './select.ts';

/** A stored series that is not in memory. */
interface OlderSeries extends SeriesEntry {
  readonly firstBucket: number;
  readonly lastBucket: number;
}

interface Row {
  readonly id: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly first: number;
  readonly last: number;
}

/** Ids that one statement asks for. */
const idsPerStatement = 5000;

/**
 * Looks up in SQL the series that ended before a bucket and are not held in memory: a store with more series than the
 * index may hold keeps the newest there. Some milliseconds a lookup, and only for ranges that reach back that far.
 */
export class OlderSeriesLookup {
  readonly #engine: Engine;
  readonly #database: string;
  readonly #index: LabelIndex;
  /** Series whose last bucket lies before this one are not in memory. */
  readonly #horizon: number;

  constructor(engine: Engine, database: string, index: LabelIndex, horizon: number) {
    this.#engine = engine;
    this.#database = database;
    this.#index = index;
    this.#horizon = horizon;
    index.markPartial();
  }

  /** Whether a range reaches back to where series may be missing in memory. */
  concerns(range: TimeRange): boolean {
    return bucketsOf(range).from < this.#horizon;
  }

  async select(matchers: readonly Matcher[], range: TimeRange): Promise<SeriesEntry[]> {
    const { sql, parameters } = conditionOf(matchers);
    const rows = await this.#engine.rows<Row>(
      `SELECT toString(id) AS id, labels, 0 AS first, 0 AS last FROM ${this.#database}.series WHERE ${sql} AND id IN (${this.#living(range)}) LIMIT 1 BY id`,
      parameters,
    );
    return rows.map(seriesOf).filter(({ id }) => !this.#index.hasId(id));
  }

  async names(matchers: readonly Matcher[], range: TimeRange): Promise<string[]> {
    const { sql, parameters } = conditionOf(matchers);
    const rows = await this.#engine.rows<{ name: string }>(
      `SELECT DISTINCT arrayJoin(mapKeys(labels)) AS name FROM ${this.#database}.series WHERE ${sql} AND id IN (${this.#living(range)})`,
      parameters,
    );
    return rows.map(({ name }) => name);
  }

  async values(name: string, matchers: readonly Matcher[], range: TimeRange): Promise<string[]> {
    const { sql, parameters } = conditionOf(matchers);
    const rows = await this.#engine.rows<{ value: string }>(
      `SELECT DISTINCT labels[{label:String}] AS value FROM ${this.#database}.series WHERE ${sql} AND mapContains(labels, {label:String}) AND id IN (${this.#living(range)})`,
      { ...parameters, label: name },
    );
    return rows.map(({ value }) => value);
  }

  /**
   * Before series are given ids: takes those among them that are stored back into memory, and tells the index which ids
   * other stored series have.
   */
  async recall(labels: readonly LabelSet[]): Promise<void> {
    let open = labels.filter((one) => !this.#index.knows(one));
    while (open.length > 0) {
      const wanted = new Map(open.map((one) => [this.#index.candidateId(one), one]));
      const again: LabelSet[] = [];
      for (const found of await this.#byIds([...wanted.keys()])) {
        const asking = wanted.get(found.id);
        if (asking?.key === found.labels.key) {
          this.#index.restore(found.id, found.labels, found.firstBucket, found.lastBucket);
          continue;
        }
        this.#index.occupy(found.id);
        if (asking !== undefined) again.push(asking);
      }
      open = again;
    }
  }

  async #byIds(ids: readonly bigint[]): Promise<OlderSeries[]> {
    const found: OlderSeries[] = [];
    for (let from = 0; from < ids.length; from += idsPerStatement) {
      const list = ids.slice(from, from + idsPerStatement).join(', ');
      const rows = await this.#engine.rows<Row>(
        `SELECT toString(id) AS id, labels, span.first AS first, span.last AS last FROM (SELECT id, labels FROM ${this.#database}.series WHERE id IN (${list}) LIMIT 1 BY id) AS known ` +
          `INNER JOIN (SELECT series, toUInt32(min(first_b)) AS first, toUInt32(max(last_b)) AS last FROM ${this.#database}.series_span WHERE series IN (${list}) GROUP BY series) AS span ON span.series = known.id`,
      );
      found.push(...rows.map(seriesOf));
    }
    return found;
  }

  #living(range: TimeRange): string {
    const { from, to } = bucketsOf(range);
    return (
      `SELECT series FROM ${this.#database}.series_span GROUP BY series ` +
      `HAVING max(last_b) >= ${from} AND max(last_b) < ${this.#horizon} AND min(first_b) <= ${to}`
    );
  }
}

function seriesOf({ id, labels, first, last }: Row): OlderSeries {
  return { id: BigInt(id), labels: labelsFromObject(labels), firstBucket: first, lastBucket: last };
}

/** SQL that is true for the labels that match. Patterns and values are bound. Errors: `query_invalid` for a bad pattern. */
function conditionOf(matchers: readonly Matcher[]): { sql: string; parameters: QueryParameters } {
  const parameters: Record<string, string> = {};
  const conditions = matchers.map((matcher, i) => {
    compileMatcher(matcher);
    parameters[`name${i}`] = matcher.name;
    const value = matcher.name === '__name__' ? 'metric' : `labels[{name${i}:String}]`;
    const bound = `{value${i}:String}`;
    if (matcher.op === '=' || matcher.op === '!=') {
      parameters[`value${i}`] = matcher.value;
      return `${value} ${matcher.op} ${bound}`;
    }
    // RE2, as the language has it: anchored at both ends, and a dot matches a newline.
    parameters[`value${i}`] = `^(?s:${matcher.value})$`;
    return `${matcher.op === '!~' ? 'NOT ' : ''}match(${value}, ${bound})`;
  });
  return { sql: conditions.length === 0 ? '1' : conditions.join(' AND '), parameters };
}

/** The first bucket from which on at most `most` series are alive; undefined where all that are stored are no more. */
export async function horizonFor(
  engine: Engine,
  database: string,
  oldestBucket: number,
  most: number,
): Promise<number | undefined> {
  const rows = await engine.rows<{ last: number; n: string }>(
    `SELECT last, toString(count()) AS n FROM (SELECT toUInt32(max(last_b)) AS last FROM ${database}.series_span GROUP BY series HAVING last >= ${oldestBucket}) GROUP BY last ORDER BY last DESC`,
  );
  let series = 0;
  let horizon: number | undefined;
  for (const { last, n } of rows) {
    series += Number(n);
    // The newest bucket stays in memory whatever it holds: its series are being written.
    if (series > most && horizon !== undefined) return horizon;
    horizon = last;
  }
  return undefined;
}
