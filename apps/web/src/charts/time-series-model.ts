/** What a time series chart needs, prepared without drawing: rows on a grid, gaps, extent. */

export interface ChartLine {
  readonly name: string;
  /** ms since 1970, ascending */
  readonly times: readonly number[];
  readonly values: readonly number[];
  /** CSS colour; else the next categorical one. */
  readonly color?: string;
  readonly dashed?: boolean;
}

export interface ChartBand {
  readonly name: string;
  readonly times: readonly number[];
  readonly low: readonly number[];
  readonly high: readonly number[];
}

export interface ChartRow {
  readonly time: number;
  /** One value per line; null where the line has none. */
  readonly values: readonly (number | null)[];
  readonly band: readonly [number, number] | null;
  /** Where each line's part of a stack begins and ends; null where the line has no value. */
  readonly stack?: readonly (readonly [number, number] | null)[];
}

export interface Gap {
  readonly fromMs: number;
  readonly toMs: number;
}

const finite = (value: number | undefined) => (value !== undefined && Number.isFinite(value) ? value : null);

/** Lines and band on one grid of the given step over the range. A missing point stays null and breaks the line. */
export function chartRows(
  lines: readonly ChartLine[],
  band: ChartBand | undefined,
  range: { fromMs: number; toMs: number; stepSeconds: number },
): ChartRow[] {
  const stepMs = range.stepSeconds * 1e3;
  const count = Math.max(0, Math.floor((range.toMs - range.fromMs) / stepMs)) + 1;
  const columns = lines.map(() => new Array<number | null>(count).fill(null));
  lines.forEach((line, column) => {
    line.times.forEach((time, i) => {
      const row = Math.round((time - range.fromMs) / stepMs);
      if (row >= 0 && row < count) columns[column]![row] = finite(line.values[i]);
    });
  });
  const bands = new Array<readonly [number, number] | null>(count).fill(null);
  band?.times.forEach((time, i) => {
    const row = Math.round((time - range.fromMs) / stepMs);
    const low = finite(band.low[i]);
    const high = finite(band.high[i]);
    if (row >= 0 && row < count && low !== null && high !== null) bands[row] = [low, high];
  });
  return Array.from({ length: count }, (_, row) => ({
    time: range.fromMs + row * stepMs,
    values: columns.map((column) => column[row] ?? null),
    band: bands[row] ?? null,
  }));
}

/**
 * Rows with the lines standing on each other, the first one lowest: what is positive grows up from zero, what is negative
 * grows down. A line without a value takes no room at that time and is broken there.
 */
export function stackedRows(rows: readonly ChartRow[]): ChartRow[] {
  return rows.map((row) => {
    let up = 0;
    let down = 0;
    const stack = row.values.map((value): readonly [number, number] | null => {
      if (value === null) return null;
      if (value < 0) {
        down += value;
        return [down - value, down];
      }
      up += value;
      return [up - value, up];
    });
    return { ...row, stack };
  });
}

/** Stretches of at least two steps in which no line has a point, the edges of the range included. */
export function chartGaps(rows: readonly ChartRow[]): Gap[] {
  const gaps: Gap[] = [];
  let start = -1;
  for (let i = 0; i <= rows.length; i++) {
    const row = rows[i];
    const missing = row?.values.every((value) => value === null) ?? false;
    if (missing && start < 0) start = i;
    if (!missing && start >= 0) {
      // The newest point of a live range is often still on its way: one missing step at the end is no gap.
      if (i - start >= 2 && !(i === rows.length && i - start < 3)) {
        gaps.push({ fromMs: rows[Math.max(0, start - 1)]!.time, toMs: rows[Math.min(rows.length - 1, i)]!.time });
      }
      start = -1;
    }
  }
  return gaps;
}

/** Row nearest to a time. */
export function nearestRow(rows: readonly ChartRow[], time: number): ChartRow | undefined {
  const first = rows[0];
  const second = rows[1];
  if (first === undefined) return undefined;
  const step = second === undefined ? 1 : second.time - first.time;
  return rows[Math.min(rows.length - 1, Math.max(0, Math.round((time - first.time) / step)))];
}

/** Round ticks inside the range in local time: at most `most`. */
export function timeTicks(fromMs: number, toMs: number, most: number): number[] {
  const minutes = [1 / 6, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 10_080];
  const span = (toMs - fromMs) / 60e3;
  const every = (minutes.find((m) => span / m <= most) ?? 43_200) * 60e3;
  const offset = new Date(fromMs).getTimezoneOffset() * 60e3;
  const ticks: number[] = [];
  for (let t = Math.ceil((fromMs - offset) / every) * every + offset; t <= toMs; t += every) ticks.push(t);
  return ticks;
}

const clockSteps = [
  ...[1, 2, 5, 10, 15, 30],
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * 60),
  ...[1, 2, 3, 6, 12, 24, 48, 96, 240].map((hours) => hours * 3600),
];

/**
 * A value axis with round ticks that holds `low` to `high`. `binary` steps by powers of two, for bytes counted in 1024.
 * `seconds` steps as clocks do from a second up. `fixed` ends stay where they are.
 */
export function valueAxis(
  low: number,
  high: number,
  most: number,
  options: { binary?: boolean; seconds?: boolean; fixedLow?: boolean; fixedHigh?: boolean } = {},
): { domain: [number, number]; ticks: number[] } {
  const span = high > low ? high - low : Math.abs(high) || 1;
  const exact = span / most;
  let step: number;
  const clockStep = options.seconds && exact > 1 ? clockSteps.find((seconds) => seconds >= exact * 0.999) : undefined;
  if (options.binary) step = 2 ** Math.ceil(Math.log2(exact));
  else if (clockStep !== undefined) step = clockStep;
  else {
    const power = 10 ** Math.floor(Math.log10(exact));
    step = (([1, 2, 2.5, 5, 10].find((factor) => factor * power >= exact * 0.999) ?? 10) as number) * power;
  }
  const bottom = options.fixedLow ? low : Math.floor(low / step + 1e-9) * step;
  const top = options.fixedHigh ? high : Math.ceil(Math.max(high, low + span) / step - 1e-9) * step;
  const ticks: number[] = [];
  for (let i = Math.ceil(bottom / step - 1e-9); i * step <= top + step * 1e-6; i++)
    ticks.push(Number((i * step).toPrecision(12)));
  return { domain: [bottom, top], ticks };
}
