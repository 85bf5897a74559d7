/**
 * OpenTelemetry's metric and attribute names as Prometheus', by the rules of the compatibility specification
 * (https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/) as Prometheus applies them.
 */
export interface MetricShape {
  readonly unit: string;
  readonly kind: 'gauge' | 'counter' | 'histogram' | 'summary';
}

const units: Readonly<Record<string, string>> = {
  d: 'days',
  h: 'hours',
  min: 'minutes',
  s: 'seconds',
  ms: 'milliseconds',
  us: 'microseconds',
  ns: 'nanoseconds',
  By: 'bytes',
  KiBy: 'kibibytes',
  MiBy: 'mebibytes',
  GiBy: 'gibibytes',
  TiBy: 'tibibytes',
  KBy: 'kilobytes',
  MBy: 'megabytes',
  GBy: 'gigabytes',
  TBy: 'terabytes',
  m: 'meters',
  V: 'volts',
  A: 'amperes',
  J: 'joules',
  W: 'watts',
  g: 'grams',
  Cel: 'celsius',
  Hz: 'hertz',
  '1': '',
  '%': 'percent',
};

const unitsPer: Readonly<Record<string, string>> = {
  s: 'second',
  m: 'minute',
  min: 'minute',
  h: 'hour',
  d: 'day',
  w: 'week',
  mo: 'month',
  y: 'year',
};

/** Name with unit and `_total`: `http.server.duration` in `s` becomes `http_server_duration_seconds`. */
export function nameWithSuffixes(name: string, { unit, kind }: MetricShape): string {
  const tokens = name.split(/[^a-zA-Z0-9:]+/).filter((token) => token !== '');
  const [mainToken, perToken] = unitSuffixes(unit);
  if (mainToken !== '' && !tokens.includes(mainToken)) tokens.push(mainToken);
  if (perToken !== '' && !tokens.includes(perToken)) tokens.push('per', perToken);
  if (kind === 'counter') moveToEnd(tokens, 'total');
  if (kind === 'gauge' && unit === '1') moveToEnd(tokens, 'ratio');
  return startingWithLetter(tokens.join('_'));
}

/** Name without suffixes: only what Prometheus does not allow is replaced. */
export function nameWithoutSuffixes(name: string): string {
  return startingWithLetter(
    name
      .split(/[^a-zA-Z0-9:_]+/)
      .filter((token) => token !== '')
      .join('_'),
  );
}

/** Name of an attribute as a label. */
export function labelName(attribute: string): string {
  const name = attribute.replace(/[^a-zA-Z0-9_]/g, '_');
  if (/^[0-9]/.test(name)) return `key_${name}`;
  return name.startsWith('_') && !name.startsWith('__') ? `key${name}` : name;
}

export type TranslationStrategy =
  | 'UnderscoreEscapingWithSuffixes'
  | 'UnderscoreEscapingWithoutSuffixes'
  | 'NoUTF8EscapingWithSuffixes'
  | 'NoTranslation';

/** How a strategy names metrics. */
export function metricNamer(strategy: TranslationStrategy): (name: string, shape: MetricShape) => string {
  if (strategy === 'UnderscoreEscapingWithSuffixes') return nameWithSuffixes;
  if (strategy === 'UnderscoreEscapingWithoutSuffixes') return nameWithoutSuffixes;
  return strategy === 'NoUTF8EscapingWithSuffixes' ? utf8NameWithSuffixes : (name) => name;
}

/** How a strategy names labels. */
export function labelNamer(strategy: TranslationStrategy): (attribute: string) => string {
  return strategy.startsWith('Underscore') ? labelName : (attribute) => attribute;
}

/** The name as it is, with unit and `_total` behind it unless it ends so: `http.server.duration_seconds`. */
export function utf8NameWithSuffixes(name: string, { unit, kind }: MetricShape): string {
  const ratio = kind === 'gauge' && unit === '1';
  const type = kind === 'counter' ? 'total' : ratio ? 'ratio' : '';
  // What stands at the end already goes behind the unit.
  let full = type !== '' ? withoutSuffix(name, type) : name;
  const [main, per] = unitSuffixes(unit);
  const whole = per === '' ? main : main === '' ? `per_${per}` : `${main}_per_${per}`;
  if (whole !== '' && !endsWithToken(full, whole)) {
    if (main !== '' && !endsWithToken(full, main)) full += `_${main}`;
    if (per !== '') full += `_per_${per}`;
  }
  return type === '' ? full : `${full}_${type}`;
}

/** Whether the name is the token, or ends with it behind something that is neither letter nor digit. */
function endsWithToken(name: string, token: string): boolean {
  if (name === token) return true;
  return name.endsWith(token) && /[^a-zA-Z0-9]$/.test(name.slice(0, -token.length));
}

function withoutSuffix(name: string, token: string): string {
  return name !== token && endsWithToken(name, token) ? name.slice(0, -token.length - 1) : name;
}

/** Main unit and unit after "per", as words. */
function unitSuffixes(unit: string): [string, string] {
  const [main = '', per] = splitUnit(unit);
  return [
    cleanUnit(Object.hasOwn(units, main) ? (units[main] as string) : main),
    per === undefined ? '' : cleanUnit(Object.hasOwn(unitsPer, per) ? (unitsPer[per] as string) : per),
  ];
}

function splitUnit(unit: string): [string, string | undefined] {
  const slash = unit.indexOf('/');
  const part = (text: string) => (/[{}]/.test(text) ? '' : text.trim());
  return slash < 0 ? [part(unit), undefined] : [part(unit.slice(0, slash)), part(unit.slice(slash + 1))];
}

function cleanUnit(unit: string): string {
  return unit
    .replace(/[^a-zA-Z0-9:]/g, '_')
    .replace(/_+/g, '_')
    .replace(/^_|_$/g, '');
}

function moveToEnd(tokens: string[], token: string): void {
  const others = tokens.filter((one) => one !== token);
  tokens.splice(0, tokens.length, ...others, token);
}

function startingWithLetter(name: string): string {
  return /^[0-9]/.test(name) ? `_${name}` : name;
}
