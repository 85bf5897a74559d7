/** A table for export: the header and the rows. */
export interface Csv {
  readonly header: readonly string[];
  readonly rows: readonly (readonly (string | number | null)[])[];
}

/** RFC 4180, with a guard against cells that a spreadsheet would run as formulas. */
export function csvText({ header, rows }: Csv): string {
  const cell = (value: string | number | null) => {
    if (value === null) return '';
    if (typeof value === 'number') return String(value);
    const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  return [header, ...rows].map((row) => row.map(cell).join(',')).join('\r\n');
}

interface Line {
  readonly name: string;
  readonly times: readonly number[];
  readonly values: readonly number[];
}

/** Lines of a chart as one row per time and one column per line. */
export function linesCsv(lines: readonly Line[]): Csv {
  const byTime = new Map<number, (number | null)[]>();
  lines.forEach((line, column) => {
    line.times.forEach((time, i) => {
      let row = byTime.get(time);
      if (row === undefined) {
        row = new Array<number | null>(lines.length).fill(null);
        byTime.set(time, row);
      }
      row[column] = line.values[i] ?? null;
    });
  });
  const rows = [...byTime].sort(([a], [b]) => a - b).map(([time, values]) => [new Date(time).toISOString(), ...values]);
  return { header: ['time', ...lines.map((line) => line.name)], rows };
}
