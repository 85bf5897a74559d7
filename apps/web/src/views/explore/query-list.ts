/** The queries of the page as a list: what the editors hold, what ran last, and how the URL says it. Pure. */

export interface QueryRow {
  /** Stays with the row while it moves; never in the URL. */
  readonly id: string;
  /** What the editor holds. */
  readonly draft: string;
  /** What ran last and the URL holds; empty before. */
  readonly expr: string;
  /** Not asked and not drawn. */
  readonly hidden: boolean;
}

/** More than this on one page nobody compares. */
export const mostQueries = 12;

/** A, B, C, … by place. */
export const letterOf = (index: number): string => String.fromCharCode(65 + index);

let made = 0;
const newRow = (fields: Partial<Omit<QueryRow, 'id'>> = {}): QueryRow => {
  made += 1;
  return { id: `query-${made}`, draft: '', expr: '', hidden: false, ...fields };
};

/** What the URL holds of the list: `?expr=…&expr=…&hide=B`. */
export interface QueryAddress {
  readonly exprs: readonly string[];
  /** Letters of the hidden queries, as one word: `BD`. */
  readonly hide: string;
}

/** The rows that an address asks for. Rows that ran the same expression at the same place stay the same rows. */
export function rowsOf(address: QueryAddress, before: readonly QueryRow[] = []): QueryRow[] {
  const exprs = address.exprs.length === 0 ? [''] : address.exprs.slice(0, mostQueries);
  return exprs.map((expr, index) => {
    const hidden = address.hide.includes(letterOf(index));
    const old = before[index];
    if (old === undefined) return newRow({ draft: expr, expr, hidden });
    if (old.expr === expr && old.hidden === hidden) return old;
    return { ...old, hidden, expr, draft: old.expr === expr ? old.draft : expr };
  });
}

/** The address of the rows; a page with nothing but one empty query has none. */
export function addressOf(rows: readonly QueryRow[]): QueryAddress {
  const exprs = rows.map((row) => row.expr);
  return {
    exprs: exprs.length === 1 && exprs[0] === '' ? [] : exprs,
    hide: rows.map((row, index) => (row.hidden ? letterOf(index) : '')).join(''),
  };
}

export const sameAddress = (a: QueryAddress, b: QueryAddress): boolean =>
  a.hide === b.hide && a.exprs.length === b.exprs.length && a.exprs.every((expr, i) => expr === b.exprs[i]);

const changed = (rows: readonly QueryRow[], id: string, fields: Partial<QueryRow>): QueryRow[] =>
  rows.map((row) => (row.id === id ? { ...row, ...fields } : row));

export const withDraft = (rows: readonly QueryRow[], id: string, draft: string): QueryRow[] =>
  changed(rows, id, { draft });

export const withHidden = (rows: readonly QueryRow[], id: string, hidden: boolean): QueryRow[] =>
  changed(rows, id, { hidden });

/** Every draft becomes what ran. Blank ones stand for nothing. */
export const allRun = (rows: readonly QueryRow[]): QueryRow[] =>
  rows.map((row) => {
    const expr = row.draft.trim() === '' ? '' : row.draft;
    return expr === row.expr ? row : { ...row, expr };
  });

/** One more query at the end; the list as it is where there are as many as there may be. */
export const withAdded = (rows: readonly QueryRow[], draft = ''): QueryRow[] =>
  rows.length >= mostQueries ? [...rows] : [...rows, newRow({ draft })];

/** A copy below the query, with its draft, run as the original was. */
export function withDuplicate(rows: readonly QueryRow[], id: string): QueryRow[] {
  if (rows.length >= mostQueries) return [...rows];
  return rows.flatMap((row) => (row.id === id ? [row, newRow({ draft: row.draft, expr: row.expr })] : [row]));
}

/** Without the query; the last one leaves an empty one behind. */
export function withoutQuery(rows: readonly QueryRow[], id: string): QueryRow[] {
  const rest = rows.filter((row) => row.id !== id);
  return rest.length === 0 ? [newRow()] : rest;
}

/** The query one place up (-1) or down (1); at the end of the list it stays. */
export function moved(rows: readonly QueryRow[], id: string, by: -1 | 1): QueryRow[] {
  const from = rows.findIndex((row) => row.id === id);
  const to = from + by;
  const next = [...rows];
  const [row, other] = [rows[from], rows[to]];
  if (row === undefined || other === undefined) return next;
  next[to] = row;
  next[from] = other;
  return next;
}

/**
 * Where an expression picked from a list goes: into the first empty query, else into one more. A page that is full
 * keeps what it has.
 */
export function withPicked(rows: readonly QueryRow[], expr: string): QueryRow[] {
  const empty = rows.find((row) => row.draft.trim() === '');
  return empty === undefined ? withAdded(rows, expr) : withDraft(rows, empty.id, expr);
}
