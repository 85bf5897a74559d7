import { z } from 'zod';

const unitSeconds: Readonly<Record<string, number>> = {
  y: 365 * 86_400,
  w: 7 * 86_400,
  d: 86_400,
  h: 3600,
  m: 60,
  s: 1,
  ms: 0.001,
};
const durationForm = /^(?:\d+y)?(?:\d+w)?(?:\d+d)?(?:\d+h)?(?:\d+m(?!s))?(?:\d+s)?(?:\d+ms)?$/;

/** Seconds of a Prometheus duration such as `1m30s`; undefined where it is none. Units go from large to small. */
export function durationSeconds(text: string): number | undefined {
  if (text === '0') return 0;
  if (text === '' || !durationForm.test(text)) return undefined;
  let seconds = 0;
  for (const [, count, unit] of text.matchAll(/(\d+)(ms|[ywdhms])/g)) {
    seconds += Number(count) * (unitSeconds[unit as string] as number);
  }
  return seconds;
}

/** Seconds as Prometheus writes a duration: `90` is `1m30s`. */
export function durationText(seconds: number): string {
  let left = Math.round(seconds * 1000);
  if (left === 0) return '0s';
  let text = '';
  for (const unit of ['y', 'w', 'd', 'h', 'm', 's', 'ms']) {
    const size = (unitSeconds[unit] as number) * 1000;
    // Years, weeks and days only where nothing is left over.
    if ('ywd'.includes(unit) ? left % size !== 0 : left < size) continue;
    text += `${Math.floor(left / size)}${unit}`;
    left %= size;
    if (left === 0) break;
  }
  return text;
}

/** A duration of more than nothing, in seconds. */
export const durationOption = z
  .string()
  .transform((text, issues) => {
    const seconds = durationSeconds(text);
    if (seconds !== undefined && seconds > 0) return seconds;
    issues.addIssue({ code: 'custom', message: `"${text.slice(0, 40)}" is not a duration such as 30s or 1m30s` });
    return z.NEVER;
  })
  .describe('A duration such as `30s`.');

const sizeForm = /^(\d+(?:\.\d+)?)\s*([KMGTPE]?)i?B$/i;
const prefixes = ['', 'K', 'M', 'G', 'T', 'P', 'E'];

/** Bytes of a Prometheus size such as `10MB`, whose prefixes are powers of 1024; 0 is no limit. */
export const sizeOption = z
  .union([z.string(), z.literal(0)])
  .transform((given, issues) => {
    const text = String(given).trim();
    if (text === '0') return 0;
    const parts = sizeForm.exec(text);
    if (parts !== null) {
      return Math.floor(Number(parts[1]) * 1024 ** prefixes.indexOf((parts[2] as string).toUpperCase()));
    }
    issues.addIssue({ code: 'custom', message: `"${text.slice(0, 40)}" is not a size such as 10MB` });
    return z.NEVER;
  })
  .describe('A size such as `10MB`; 0 is no limit.');
