import { formatDurationMs } from '@binnacle/promql/parse/duration.ts';
import { formatFloat } from '@binnacle/promql/result/float.ts';
import type { Answer } from './answers.ts';
import type { DataSeries } from './series-data.ts';
import type { Failing } from './shrink.ts';

/**
 * A case as a promqltest script that can be pasted into `packages/promql/testdata`. Times move so that the data begins
 * soon after time zero, by whole hours; an `@` moves with them.
 */
export function scriptOf({ asked, data }: Failing, wanted: Answer): string {
  const first = Math.min(asked.startMs, ...data.flatMap(({ times }) => times.slice(0, 1)));
  const shiftMs = Math.floor(first / 3_600_000) * 3_600_000;
  const query = asked.query.replace(
    /@ (\d+\.\d+)/g,
    (_, seconds) => `@ ${(Number(seconds) - shiftMs / 1000).toFixed(3)}`,
  );
  const stepMs = data.flatMap(({ times }) => times).reduce((a, b) => gcd(a, b - shiftMs), 0) || 1000;
  const load = data.map((series) => `  ${nameOf(series)} ${sequence(series, shiftMs, stepMs)}`);
  const at = (timeMs: number) => formatDurationMs(timeMs - shiftMs);
  const evaluation =
    asked.stepMs === 0
      ? `eval instant at ${at(asked.startMs)} ${query}`
      : `eval range from ${at(asked.startMs)} to ${at(asked.endMs)} step ${formatDurationMs(asked.stepMs)} ${query}`;
  return [`load ${formatDurationMs(stepMs)}`, ...load, '', evaluation, ...expectation(asked, wanted), ''].join('\n');
}

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));

const nameOf = ({ labels: { __name__, ...others } }: DataSeries): string =>
  `${__name__}{${Object.entries(others)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join(', ')}}`;

function sequence({ times, values }: DataSeries, shiftMs: number, stepMs: number): string {
  const items: string[] = [];
  let at = 0;
  for (const [i, timeMs] of times.entries()) {
    const place = (timeMs - shiftMs) / stepMs;
    if (place > at) items.push(`_x${place - at}`);
    const value = values[i] as number | 'stale';
    items.push(value === 'stale' ? 'stale' : formatFloat(value));
    at = place + 1;
  }
  return items.join(' ');
}

function expectation({ startMs, stepMs }: Failing['asked'], wanted: Answer): string[] {
  if (wanted.kind === 'refused') return ['  expect fail'];
  return [...wanted.series].map(([name, points]) => {
    if (stepMs === 0)
      return name === 'scalar'
        ? `  ${formatFloat(points[0]?.[1] as number)}`
        : `  ${name} ${formatFloat(points[0]?.[1] as number)}`;
    const items: string[] = [];
    for (const [timeMs, value] of points) {
      while (items.length < (timeMs - startMs) / stepMs) items.push('_');
      items.push(formatFloat(value));
    }
    return `  ${name} ${items.join(' ')}`;
  });
}
