import type { QueryFigures } from './latency.ts';
import type { ServerName } from './options.ts';

/** Rows of cells as a text table; the first row is the head. */
export function table(rows: readonly (readonly (string | number)[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => `${row[column] ?? ''}`.length)));
  const line = (row: readonly (string | number)[]) =>
    row
      .map((cell, column) => {
        const text = `${cell}`;
        return column === 0 ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0);
      })
      .join('  ');
  return rows.map(line).join('\n');
}

/** How many times as long as the other: below 1 is quicker. */
export function ratio(of: number | undefined, to: number | undefined): string {
  return of === undefined || to === undefined ? '–' : (of / to).toFixed(2);
}

export function latencyTable(figures: readonly QueryFigures[]): string {
  const cell = (name: ServerName, { ms }: QueryFigures) => {
    const of = ms[name];
    return of === undefined ? '–' : `${of.median} (${of.min})`;
  };
  const failures = figures.flatMap(({ query, window, failures }) =>
    Object.entries(failures).map(([name, why]) => `${name} failed at ${query} ${window}: ${why}`),
  );
  const rows = table([
    ['query', 'Binnacle', 'Prometheus', 'VictoriaMetrics', '/ Prometheus', '/ VM', 'CPU ms: B', 'P', 'VM', 'agrees'],
    ...figures.map((one) => [
      `${one.query} ${one.window}`,
      cell('binnacle', one),
      cell('prometheus', one),
      cell('victoria-metrics', one),
      ratio(one.ms.binnacle?.median, one.ms.prometheus?.median),
      ratio(one.ms.binnacle?.median, one.ms['victoria-metrics']?.median),
      one.cpuMs.binnacle ?? '–',
      one.cpuMs.prometheus ?? '–',
      one.cpuMs['victoria-metrics'] ?? '–',
      agreementCell(one),
    ]),
  ]);
  return [rows, ...failures].join('\n');
}

function agreementCell({ agreement }: QueryFigures): string {
  if (agreement === undefined) return '–';
  const { agrees, different, missing, points, largestDifference } = agreement;
  if (agrees && different === 0) return 'yes';
  const differing = `${different} of ${points} differ, up to ${largestDifference.toExponential(1)}`;
  return `${agrees ? 'yes' : 'NO'}: ${differing}${missing > 0 ? `, ${missing} missing` : ''}`;
}
