/**
 * Numbers as people read them, in the shapes of Prometheus' template functions
 * (https://prometheus.io/docs/prometheus/latest/configuration/template_reference/#numbers).
 */
export function humanize(v: number): string {
  if (v === 0 || !Number.isFinite(v)) return formatGeneral(v, 4);
  let scaled = v;
  let prefix = '';
  if (Math.abs(v) >= 1) {
    for (const next of ['k', 'M', 'G', 'T', 'P', 'E', 'Z', 'Y']) {
      if (Math.abs(scaled) < 1000) break;
      prefix = next;
      scaled /= 1000;
    }
  } else {
    for (const next of ['m', 'u', 'n', 'p', 'f', 'a', 'z', 'y']) {
      if (Math.abs(scaled) >= 1) break;
      prefix = next;
      scaled *= 1000;
    }
  }
  return formatGeneral(scaled, 4) + prefix;
}

/** With binary prefixes, for bytes. */
export function humanize1024(v: number): string {
  let scaled = v;
  let prefix = '';
  if (Number.isFinite(v) && Math.abs(v) > 1) {
    for (const next of ['ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei', 'Zi', 'Yi']) {
      if (Math.abs(scaled) < 1024) break;
      prefix = next;
      scaled /= 1024;
    }
  }
  return formatGeneral(scaled, 4) + prefix;
}

/** A ratio as a percentage. */
export function humanizePercentage(v: number): string {
  return `${formatGeneral(v * 100, 4)}%`;
}

/** Seconds as days, hours, minutes and seconds; less than one second with a prefix. */
export function humanizeDuration(v: number): string {
  if (!Number.isFinite(v)) return formatGeneral(v, 4);
  if (v === 0) return '0s';
  if (Math.abs(v) < 1) return `${humanize(v)}s`;
  const sign = v < 0 ? '-' : '';
  const whole = Math.trunc(Math.abs(v));
  const parts = [Math.floor(whole / 86_400), Math.floor(whole / 3600) % 24, Math.floor(whole / 60) % 60, whole % 60];
  const first = parts.findIndex((part) => part > 0);
  if (first === 3) return `${sign}${formatGeneral(Math.abs(v), 4)}s`;
  const units = ['d', 'h', 'm', 's'];
  return (
    sign +
    parts
      .map((part, i) => `${part}${units[i]}`)
      .slice(first)
      .join(' ')
  );
}

/** Seconds since 1970 as text in UTC. */
export function humanizeTimestamp(v: number): string {
  if (!Number.isFinite(v) || Math.abs(v) > 8.64e12) return formatGeneral(v, 4);
  return new Date(v * 1000)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.000Z$|Z$/, ' UTC');
}

/** C's `%.{digits}g`: so many significant digits, no trailing zeros, an exponent where it is shorter. */
export function formatGeneral(v: number, digits: number): string {
  if (Number.isNaN(v)) return 'NaN';
  if (!Number.isFinite(v)) return v > 0 ? '+Inf' : '-Inf';
  if (v === 0) return '0';
  const significant = Math.max(digits, 1);
  const [mantissa, exponentText] = v.toExponential(significant - 1).split('e') as [string, string];
  const exponent = Number(exponentText);
  if (exponent >= -4 && exponent < significant) return trimZeros(v.toFixed(Math.max(significant - 1 - exponent, 0)));
  const size = String(Math.abs(exponent)).padStart(2, '0');
  return `${trimZeros(mantissa)}e${exponent < 0 ? '-' : '+'}${size}`;
}

function trimZeros(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}
