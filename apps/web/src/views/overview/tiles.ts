import type { Status } from '#components/ui/status.tsx';

/** Share of a context window of 200,000 tokens that tool definitions take before anybody asked anything. */
export const contextWindowTokens = 200_000;

/** State of a quantity that should be high. Null is unknown, never bad. */
export const whenHigh = (value: number | null, ok: number, attention: number): Status =>
  value === null ? 'unknown' : value >= ok ? 'ok' : value >= attention ? 'attention' : 'bad';

/** State of a quantity that should be low. */
export const whenLow = (value: number | null, ok: number, attention: number): Status =>
  value === null ? 'unknown' : value <= ok ? 'ok' : value <= attention ? 'attention' : 'bad';
