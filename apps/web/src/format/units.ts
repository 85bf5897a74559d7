/** Numbers for people: SI or binary as the field does, never more digits than are true, and "–" for what is unknown. */

export type Unit =
  | 'none'
  | 'count'
  | 'percent' // 0 to 100
  | 'ratio' // 0 to 1, shown as percent
  | 'bytes' // binary: KiB, MiB, …
  | 'mebibytes' // as DCGM reports frame buffer
  | 'bytesPerSecond' // decimal, as nccl-tests and NIC rates: GB/s
  | 'bitsPerSecond'
  | 'seconds'
  | 'milliseconds'
  | 'watts'
  | 'celsius'
  | 'megahertz'
  | 'tokens'
  | 'tokensPerSecond'
  | 'perSecond'
  | 'gpus'
  | 'characters';

export interface Quantity {
  readonly value: string;
  readonly unit: string;
}

const si = ['', 'k', 'M', 'G', 'T', 'P', 'E'] as const;
const binary = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'] as const;

/** Three significant digits, no trailing zeros behind the point, no exponent. */
export function digits(value: number, significant = 3): string {
  if (value === 0) return '0';
  const magnitude = Math.floor(Math.log10(Math.abs(value)));
  const decimals = Math.min(6, Math.max(0, significant - 1 - magnitude));
  const text = value.toFixed(decimals);
  const trimmed = decimals > 0 ? text.replace(/\.?0+$/, '') : text;
  return trimmed === '-0' ? '0' : trimmed;
}

function scaled(value: number, base: number, names: readonly string[]): { value: number; prefix: string } {
  let index = 0;
  let rest = Math.abs(value);
  while (rest >= base * 0.9995 && index < names.length - 1) {
    rest /= base;
    index++;
  }
  return { value: value / base ** index, prefix: names[index] ?? '' };
}

function duration(seconds: number): Quantity {
  const absolute = Math.abs(seconds);
  if (absolute === 0) return { value: '0', unit: 's' };
  if (absolute < 1e-3) return { value: digits(seconds * 1e6), unit: 'µs' };
  if (absolute < 1) return { value: digits(seconds * 1e3), unit: 'ms' };
  if (absolute < 120) return { value: digits(seconds), unit: 's' };
  if (absolute < 7200) return { value: digits(seconds / 60), unit: 'min' };
  if (absolute < 172_800) return { value: digits(seconds / 3600), unit: 'h' };
  return { value: digits(seconds / 86_400), unit: 'd' };
}

const suffix: Partial<Record<Unit, string>> = {
  watts: 'W',
  celsius: '°C',
  megahertz: 'MHz',
  gpus: 'GPUs',
};

/** Value and unit apart, for tiles and axes. */
export function quantity(value: number | null | undefined, unit: Unit): Quantity {
  if (value === null || value === undefined || Number.isNaN(value)) return { value: '–', unit: '' };
  if (!Number.isFinite(value)) return { value: value > 0 ? '∞' : '−∞', unit: suffix[unit] ?? '' };
  switch (unit) {
    case 'percent':
      return { value: digits(value), unit: '%' };
    case 'ratio':
      return { value: digits(value * 100), unit: '%' };
    case 'seconds':
      return duration(value);
    case 'milliseconds':
      return duration(value / 1e3);
    case 'bytes':
    case 'mebibytes': {
      const { value: v, prefix } = scaled(unit === 'mebibytes' ? value * 2 ** 20 : value, 1024, binary);
      return { value: digits(v), unit: `${prefix}B` };
    }
    case 'bytesPerSecond': {
      const { value: v, prefix } = scaled(value, 1000, si);
      return { value: digits(v), unit: `${prefix}B/s` };
    }
    case 'bitsPerSecond': {
      const { value: v, prefix } = scaled(value, 1000, si);
      return { value: digits(v), unit: `${prefix}b/s` };
    }
    case 'watts': {
      const { value: v, prefix } = scaled(value, 1000, si);
      return { value: digits(v), unit: `${prefix}W` };
    }
    case 'celsius':
    case 'megahertz':
    case 'gpus':
      return { value: digits(value, 4), unit: suffix[unit] ?? '' };
    case 'tokens':
    case 'tokensPerSecond':
    case 'characters':
    case 'perSecond':
    case 'count': {
      const { value: v, prefix } = Math.abs(value) < 10_000 ? { value, prefix: '' } : scaled(value, 1000, si);
      const tail = {
        tokens: 'tokens',
        tokensPerSecond: 'tokens/s',
        characters: 'characters',
        perSecond: '/s',
        count: '',
      }[unit];
      return { value: digits(v, Math.abs(value) >= 1000 && prefix === '' ? 4 : 3) + prefix, unit: tail };
    }
    case 'none':
      return {
        value:
          Math.abs(value) >= 1e6
            ? `${digits(scaled(value, 1000, si).value, 4)}${scaled(value, 1000, si).prefix}`
            : digits(value, 6),
        unit: '',
      };
  }
}

/** Value and unit in one text: `386 GB/s`, `94 %`, `1.2 ms`. */
export function format(value: number | null | undefined, unit: Unit): string {
  const { value: number, unit: name } = quantity(value, unit);
  return name === '' ? number : `${number}\u202f${name}`;
}

/** How long ago or how long, in at most two parts: `4 s`, `12 min`, `3 h 5 min`, `2 d 4 h`. */
export function age(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1e3));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  const days = Math.floor(hours / 24);
  return hours % 24 === 0 ? `${days} d` : `${days} d ${hours % 24} h`;
}

/** Time of day, with the date where the range spans more than a day. */
export function timeLabel(ms: number, spanMs: number): string {
  const date = new Date(ms);
  if (spanMs > 36 * 3600e3)
    return date.toLocaleString('en-GB', { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' });
  return date.toLocaleTimeString('en-GB', {
    hour: '2-digit',
    minute: '2-digit',
    ...(spanMs <= 600e3 ? { second: '2-digit' } : {}),
  });
}
