/** A Prometheus duration is a run of whole numbers with falling units: `1h30m`, `1d`, `250ms`. */
const durationPattern = /^(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/;

const unitsMs = [31_536_000_000, 604_800_000, 86_400_000, 3_600_000, 60_000, 1000, 1] as const;
const unitNames = ['y', 'w', 'd', 'h', 'm', 's', 'ms'] as const;

/** Milliseconds of a Prometheus duration (`0` alone is allowed), or undefined where the text is none. */
export function parseDurationMs(text: string): number | undefined {
  if (text === '0') return 0;
  const match = durationPattern.exec(text);
  if (match === null || text === '') return undefined;
  let total = 0;
  for (let i = 0; i < unitsMs.length; i++) {
    const digits = match[i + 1];
    if (digits !== undefined) total += Number(digits) * (unitsMs[i] as number);
  }
  return total;
}

/** The shortest Prometheus duration: `5m`, `1h30m`, `0s`. Years and weeks are used only where they fit exactly. */
export function formatDurationMs(durationMs: number): string {
  if (durationMs === 0) return '0s';
  let rest = Math.abs(durationMs);
  let text = durationMs < 0 ? '-' : '';
  for (let i = 0; i < unitsMs.length; i++) {
    const unitMs = unitsMs[i] as number;
    if (i < 2 && rest % unitMs !== 0) continue;
    const count = Math.floor(rest / unitMs);
    if (count === 0) continue;
    text += `${count}${unitNames[i]}`;
    rest -= count * unitMs;
  }
  return text;
}
