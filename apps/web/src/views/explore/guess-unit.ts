import type { Unit } from '#format/units.ts';

const selector = String.raw`([a-zA-Z_:][\w:]*)\s*(?:\{[^{}]*\})?`;
const plain = new RegExp(`^${selector}$`);
const window = new RegExp(String.raw`^${selector}\s*\[[^[\]]*\]$`);
/** Calls that give the unit of what they are given. */
const keeping =
  /^(?:sum|avg|min|max|quantile|topk|bottomk|stddev|abs|delta|(?:avg|min|max|last|quantile|stddev)_over_time)$/;
const perSecond = /^(?:rate|irate)$/;
/** Sums of counts over a window are still counts of the same thing. */
const growth = /^(?:increase|sum_over_time)$/;

/**
 * Unit told by the name of the one selector that an expression holds, through calls that keep or derive a unit;
 * `none` where it computes something else, since a wrong unit is worse than none.
 */
export function guessUnit(expr: string): Unit {
  const text = expr.trim();
  const name = plain.exec(text)?.[1];
  if (name !== undefined) return unitOfName(name);
  const grouped = text.replace(/\)\s*(?:by|without)\s*\([^()]*\)$/, ')');
  const call = /^([a-z_]+)\s*(?:(?:by|without)\s*\([^()]*\)\s*)?\(([\s\S]*)\)$/.exec(grouped);
  if (call === null) return 'none';
  const [, callee = '', inside = ''] = call;
  // `topk(5, x)` and `quantile(0.9, x)`: a number stands before the vector.
  const argument = inside.replace(/^\s*[\d.]+\s*,/, '').trim();
  const over = window.exec(argument)?.[1];
  if (perSecond.test(callee)) return over === undefined ? 'none' : rateOf(unitOfName(over.replace(/_total$/, '')));
  if (growth.test(callee)) return over === undefined ? 'none' : unitOfName(over.replace(/_total$/, ''));
  if (!keeping.test(callee)) return 'none';
  return over === undefined ? guessUnit(argument) : unitOfName(over);
}

function unitOfName(name: string): Unit {
  if (name.endsWith('_bytes_per_second')) return 'bytesPerSecond';
  if (name.endsWith('_bytes') || name.endsWith('_bytes_total')) return 'bytes';
  if (name.endsWith('_seconds')) return 'seconds';
  if (name.endsWith('_ratio')) return 'ratio';
  return 'none';
}

/** Seconds per second are a share of the time. */
const rateOf = (unit: Unit): Unit => (unit === 'bytes' ? 'bytesPerSecond' : unit === 'seconds' ? 'ratio' : 'none');

/** The unit that all have; `none` where they differ. */
export function commonUnit(units: readonly Unit[]): Unit {
  const first = units[0] ?? 'none';
  return units.every((unit) => unit === first) ? first : 'none';
}
