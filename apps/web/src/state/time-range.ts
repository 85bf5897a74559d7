/** Time in the URL: `now`, `now-90m`, ISO 8601 or milliseconds since 1970. "now" moves with every refresh. */

const unitMs: Record<string, number> = { s: 1e3, m: 60e3, h: 3600e3, d: 86_400e3, w: 604_800e3 };

/** A moment in ms since 1970, or undefined where the text is no time. */
export function parseMoment(text: string, nowMs: number): number | undefined {
  const relative = /^now(?:-(\d+)([smhdw]))?$/.exec(text.trim());
  if (relative) return nowMs - Number(relative[1] ?? 0) * (unitMs[relative[2] ?? 's'] ?? 0);
  if (/^\d{10,}$/.test(text)) return Number(text);
  const absolute = Date.parse(text);
  return Number.isNaN(absolute) ? undefined : absolute;
}

export interface ResolvedRange {
  /** ms since 1970 */
  readonly fromMs: number;
  /** ms since 1970 */
  readonly toMs: number;
}

export const defaultRange = { from: 'now-1h', to: 'now' } as const;

/** Both ends resolved; nonsense falls back to the last hour, so that a mistyped URL still shows a page. */
export function resolveRange(from: string, to: string, nowMs: number): ResolvedRange {
  const fromMs = parseMoment(from, nowMs);
  const toMs = parseMoment(to, nowMs);
  if (fromMs === undefined || toMs === undefined || toMs - fromMs < 1e3) return { fromMs: nowMs - 3600e3, toMs: nowMs };
  return { fromMs, toMs };
}

const niceSteps = [5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400];

/** Seconds between points: the first round step that draws the range in at most `points` points. */
export function stepSeconds(range: ResolvedRange, points: number): number {
  const exact = (range.toMs - range.fromMs) / 1e3 / points;
  return niceSteps.find((step) => step >= exact) ?? Math.ceil(exact / 86_400) * 86_400;
}

/** The range with both ends on the step's grid, so that a moving "now" asks for the same points again. */
export function alignRange(range: ResolvedRange, step: number): ResolvedRange {
  const stepMs = step * 1e3;
  return { fromMs: Math.ceil(range.fromMs / stepMs) * stepMs, toMs: Math.floor(range.toMs / stepMs) * stepMs };
}

export const quickRanges = [
  { from: 'now-5m', label: 'Last 5 minutes' },
  { from: 'now-15m', label: 'Last 15 minutes' },
  { from: 'now-30m', label: 'Last 30 minutes' },
  { from: 'now-1h', label: 'Last hour' },
  { from: 'now-3h', label: 'Last 3 hours' },
  { from: 'now-6h', label: 'Last 6 hours' },
  { from: 'now-12h', label: 'Last 12 hours' },
  { from: 'now-24h', label: 'Last 24 hours' },
  { from: 'now-2d', label: 'Last 2 days' },
  { from: 'now-7d', label: 'Last 7 days' },
  { from: 'now-30d', label: 'Last 30 days' },
] as const;

/** Seconds of a refresh setting (`15s`, `1m`, `off`); undefined means never. */
export function refreshSeconds(text: string): number | undefined {
  const match = /^(\d+)([smh])$/.exec(text);
  if (!match) return undefined;
  return Math.max(5, (Number(match[1]) * (unitMs[match[2] as string] ?? 0)) / 1e3);
}

export const refreshChoices = ['off', '5s', '15s', '30s', '1m', '5m'] as const;
