/**
 * What the telemetry store asks of ClickHouse, embedded or by URL. Every failure is a `BinnacleError`
 * (see `engine-errors.ts`). SQL text is complete and qualified; no statement relies on session state.
 */
export interface Engine {
  /** Of every query. */
  readonly limits: QueryLimits;
  /** The cluster of servers that the tables are spread over; undefined where one server, or this process, has them. */
  readonly cluster?: string | undefined;
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
  /**
   * Inserts a file of `Native` blocks that lies on this machine; resolves when the rows are in the table. Only where the engine is
   * in this process.
   */
  insertFile?(table: string, columns: readonly string[], path: string): Promise<void>;
  /** Runs a small query outside of every queue; rejects where the engine does not answer it. */
  ping(sql: string): Promise<void>;
  close(): Promise<void>;
}

export type QueryParameters = Readonly<Record<string, string | number>>;

export interface ReadOptions {
  /** The answer is large: leave room for small queries beside it. */
  readonly heavy: boolean;
  readonly signal?: AbortSignal | undefined;
  /**
   * The answer has at most so many rows, more are refused with `query_limit`. A bounded answer comes in one piece from the
   * embedded engine, which costs this thread nothing; one without a bound, or a heavy one, as a stream.
   */
  readonly maxResultRows?: number;
  /** Threads that the embedded engine may use for it; a server decides for itself. */
  readonly threads?: number;
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
  const threads = options.threads ?? (options.heavy ? undefined : 1);
  if (threads !== undefined) settings.push(`max_threads = ${threads}`);
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
