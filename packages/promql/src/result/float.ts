const special = (value: number): string => (Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf');

/** A float as the Prometheus API writes it: shortest digits, `1e+21` and `1e-07` at the ends, `NaN`, `+Inf`, `-Inf`. */
export function formatFloat(value: number): string {
  if (!Number.isFinite(value)) return special(value);
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const text = `${value}`;
  return text.includes('e') ? text.replace(/e([+-])(\d)$/, 'e$10$2') : text;
}

/** A float without an exponent, however long: the values of labels that `count_values` makes. */
export function formatFixed(value: number): string {
  if (!Number.isFinite(value)) return special(value);
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const match = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(`${value}`);
  if (match === null) return `${value}`;
  const [, sign, first, rest = '', exponentText] = match;
  const digits = `${first}${rest}`;
  const exponent = Number(exponentText);
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  return `${sign}${digits.padEnd(exponent + 1, '0')}`;
}

/** A float as messages write it: exponents below 1e-4 and from 1e21 on. */
export function formatShortest(value: number): string {
  if (!Number.isFinite(value)) return special(value);
  if (value !== 0 && Math.abs(value) < 1e-4) return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
  return formatFloat(value);
}
