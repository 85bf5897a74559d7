const unitSeconds: Readonly<Record<string, number>> = {
  ms: 1e-3,
  s: 1,
  m: 60,
  h: 3600,
  d: 86_400,
  w: 604_800,
  y: 365 * 86_400,
};

/** Seconds of a typed step, `15s`, `1m30s` or plain seconds; undefined for `auto`, nothing, and what is no duration. */
export function typedStepSeconds(text: string): number | undefined {
  const step = text.trim();
  if (/^\d+(?:\.\d+)?$/.test(step)) return Number(step) > 0 ? Number(step) : undefined;
  if (!/^(?:\d+(?:ms|[smhdwy]))+$/.test(step)) return undefined;
  const seconds = [...step.matchAll(/(\d+)(ms|[smhdwy])/g)].reduce(
    (sum, [, count, unit]) => sum + Number(count) * (unitSeconds[unit ?? ''] ?? 0),
    0,
  );
  return seconds > 0 ? seconds : undefined;
}
