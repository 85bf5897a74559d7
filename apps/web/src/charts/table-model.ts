export type SortValue = string | number | null;

export interface SortState {
  readonly key: string;
  readonly descending: boolean;
}

const collator = new Intl.Collator('en', { numeric: true });

/** Rows in order of a value; the unknown (null, NaN) comes last in both directions, equals keep their order. */
export function sortRows<Row>(rows: readonly Row[], value: (row: Row) => SortValue, descending: boolean): Row[] {
  const unknown = (v: SortValue) => v === null || (typeof v === 'number' && Number.isNaN(v));
  return [...rows].sort((a, b) => {
    const [x, y] = [value(a), value(b)];
    if (unknown(x) || unknown(y)) return Number(unknown(x)) - Number(unknown(y));
    const order = typeof x === 'number' && typeof y === 'number' ? x - y : collator.compare(String(x), String(y));
    return descending ? -order : order;
  });
}

/** Rows in which every word of the text occurs in some column. */
export function filterRows<Row>(
  rows: readonly Row[],
  columns: readonly { readonly value: (row: Row) => SortValue }[],
  text: string,
): readonly Row[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return rows;
  return rows.filter((row) => {
    const all = columns.map((column) => String(column.value(row) ?? '').toLowerCase());
    return words.every((word) => all.some((cell) => cell.includes(word)));
  });
}
