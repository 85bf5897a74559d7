import type { BenchQuery } from './queries.ts';

interface Matrix {
  readonly metric: Readonly<Record<string, string>>;
  readonly values: readonly (readonly [time: number, value: string])[];
}

export interface Agreement {
  readonly points: number;
  /** Points of either side that the other lacks. */
  readonly missing: number;
  /** Points that differ by more than 1e-9, relative. */
  readonly different: number;
  readonly largestDifference: number;
  readonly agrees: boolean;
}

/** Sums of different order differ by this much, relative, without either being wrong. */
const tolerance = 1e-9;
/** What the version of the rule for counters near zero may change: of the points, and of a point. */
const extrapolatedShare = 0.05;
const extrapolatedTolerance = 1e-2;

/** Compares an answer of `query_range` with Prometheus' answer to the same. */
export function compareAnswers(
  query: Pick<BenchQuery, 'compare' | 'extrapolates'>,
  body: Buffer,
  reference: Buffer,
): Agreement {
  const key = query.compare === 'rows' ? byLabels : byStep;
  const ours = key(matrixOf(body));
  const theirs = key(matrixOf(reference));
  let missing = 0;
  let different = 0;
  let largest = 0;
  for (const [name, value] of theirs) {
    const other = ours.get(name);
    if (other === undefined) missing++;
    else {
      const difference = relativeDifference(value, other);
      if (difference > tolerance) different++;
      if (difference > largest) largest = difference;
    }
  }
  for (const name of ours.keys()) if (!theirs.has(name)) missing++;
  const allowed = query.extrapolates ? theirs.size * extrapolatedShare : 0;
  const withinBounds = different <= allowed && (different === 0 || largest <= extrapolatedTolerance);
  return {
    points: theirs.size,
    missing,
    different,
    largestDifference: largest,
    agrees: theirs.size > 0 && missing === 0 && withinBounds,
  };
}

/** Rows, points, and the median difference: what can be asked of a server whose `rate` is another one. */
export function compareShape(body: Buffer, reference: Buffer) {
  const ours = matrixOf(body);
  const theirs = matrixOf(reference);
  const points = (rows: readonly Matrix[]) => rows.reduce((sum, row) => sum + row.values.length, 0);
  return {
    rows: ours.length,
    rowsOfPrometheus: theirs.length,
    points: points(ours),
    pointsOfPrometheus: points(theirs),
  };
}

function matrixOf(body: Buffer): Matrix[] {
  const answer = JSON.parse(body.toString()) as { status: string; error?: string; data?: { result: Matrix[] } };
  if (answer.status !== 'success' || answer.data === undefined) throw new Error(answer.error ?? 'no data');
  return answer.data.result;
}

function byLabels(rows: readonly Matrix[]): Map<string, number> {
  const points = new Map<string, number>();
  for (const { metric, values } of rows) {
    const labels = JSON.stringify(Object.entries(metric).sort(([a], [b]) => (a < b ? -1 : 1)));
    for (const [time, value] of values) points.set(`${labels}@${time}`, Number(value));
  }
  return points;
}

function byStep(rows: readonly Matrix[]): Map<string, number> {
  const steps = new Map<number, number[]>();
  for (const { values } of rows) {
    for (const [time, value] of values) {
      const known = steps.get(time);
      if (known === undefined) steps.set(time, [Number(value)]);
      else known.push(Number(value));
    }
  }
  const points = new Map<string, number>();
  for (const [time, values] of steps) {
    values.sort((a, b) => b - a);
    for (let i = 0; i < values.length; i++) points.set(`${i}@${time}`, values[i] as number);
  }
  return points;
}

function relativeDifference(a: number, b: number): number {
  if (a === b || (Number.isNaN(a) && Number.isNaN(b))) return 0;
  return Math.abs(a - b) / Math.max(Math.abs(a), Math.abs(b));
}
