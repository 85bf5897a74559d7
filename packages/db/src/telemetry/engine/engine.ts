/**
 * What the telemetry store asks of ClickHouse, embedded or by URL. Every failure is a `BinnacleError`
 * (see `engine-errors.ts`). SQL text is complete and qualified; no statement relies on session state.
 */
export interface Engine {
  /** Runs a statement without an answer: DDL, mutations. */
  command(sql: string): Promise<void>;
  /**
   * Rows of a small answer, as JSON: cast 64-bit integers to strings. What came from outside is a parameter,
   * `{name:Type}` in the text, bound by the engine.
   */
  rows<Row>(sql: string, parameters?: QueryParameters): Promise<Row[]>;
  /**
   * The answer's bytes in format `Native`; cut at any place. Ending the loop early, or the signal, stops the query
   * within the engine.
   */
  read(sql: string, options: ReadOptions): AsyncIterable<Uint8Array>;
  /** Inserts blocks of `Native` (the pieces lie one after another); resolves when the rows are in the table. */
  insertNative(table: string, columns: readonly string[], pieces: readonly Uint8Array[]): Promise<void>;
  /** Runs a small query outside of every queue; rejects where the engine does not answer it. */
  ping(sql: string): Promise<void>;
  close(): Promise<void>;
}

export type QueryParameters = Readonly<Record<string, string | number>>;

export interface ReadOptions {
  /** The answer is large: bring it in pieces, and leave room for small queries beside it. */
  readonly heavy: boolean;
  readonly signal?: AbortSignal | undefined;
  /** Bounds an answer that comes in one piece (embedded, not heavy): more rows are refused with `query_limit`. */
  readonly maxResultRows?: number;
  /** Further settings of the statement, such as `name = 1`. */
  readonly settings?: readonly string[] | undefined;
}

/** Limits of every query; ClickHouse sets none of its own. */
export interface QueryLimits {
  readonly maxExecutionSeconds: number;
  readonly maxMemoryBytes: number;
}

/** The `SETTINGS` clause that carries the limits. */
export function settingsClause(limits: QueryLimits, options: ReadOptions): string {
  const settings = [
    `max_execution_time = ${limits.maxExecutionSeconds}`,
    `max_memory_usage = ${limits.maxMemoryBytes}`,
    "timeout_overflow_mode = 'throw'",
  ];
  if (!options.heavy) settings.push('max_threads = 1');
  if (options.maxResultRows !== undefined) {
    settings.push(`max_result_rows = ${options.maxResultRows}`, "result_overflow_mode = 'throw'");
  }
  if (options.settings !== undefined) settings.push(...options.settings);
  return `SETTINGS ${settings.join(', ')}`;
}

/** A SQL string literal. */
export function quote(value: string): string {
  return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
