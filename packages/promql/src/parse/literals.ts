import { parseDurationMs } from './duration.ts';

/**
 * Value of a number token: decimal, `0x…`, `0b…`, octal (`0o17` and `017`), underscores between digits, `Inf`, `NaN`,
 * or a duration, which counts in seconds. Undefined where the text is none of them.
 */
export function numberValue(text: string): number | undefined {
  const lower = text.toLowerCase();
  if (lower === 'inf' || lower === '+inf') return Number.POSITIVE_INFINITY;
  if (lower === '-inf') return Number.NEGATIVE_INFINITY;
  if (lower === 'nan') return Number.NaN;
  const plain = text.replaceAll('_', '');
  if (/^0[xXbBoO][0-9a-fA-F]+$/.test(plain)) {
    const value = Number(plain);
    return Number.isNaN(value) ? undefined : value;
  }
  if (/^0[0-7]+$/.test(plain)) return Number.parseInt(plain, 8);
  if (/^(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(plain)) return Number(plain);
  const durationMs = parseDurationMs(text);
  return durationMs === undefined ? undefined : durationMs / 1000;
}

const simpleEscapes: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
};

/** Value of a quoted string with Go's escapes (raw between backticks), or an error sentence. */
export function stringValue(quoted: string): { readonly value: string } | { readonly error: string } {
  const quote = quoted[0];
  if (quoted.length < 2 || quoted.at(-1) !== quote) return { error: 'unterminated quoted string' };
  const body = quoted.slice(1, -1);
  if (quote === '`') return { value: body };
  if (!body.includes('\\')) return body.includes('\n') ? { error: 'unterminated quoted string' } : { value: body };
  return unescapeBody(body, quote as string, quoted.at(-2) === '\\' && trailingBackslashes(body) % 2 === 1);
}

function trailingBackslashes(body: string): number {
  let count = 0;
  while (body[body.length - 1 - count] === '\\') count++;
  return count;
}

const hexEscapeLengths: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

function unescapeBody(
  body: string,
  quote: string,
  open: boolean,
): { readonly value: string } | { readonly error: string } {
  if (open) return { error: 'unterminated quoted string' };
  const bytes: number[] = [];
  const utf8 = new TextEncoder();
  for (let i = 0; i < body.length; ) {
    if (body[i] !== '\\') {
      const character = String.fromCodePoint(body.codePointAt(i) as number);
      bytes.push(...utf8.encode(character));
      i += character.length;
      continue;
    }
    const kind = body[i + 1] ?? '';
    // Of the quotes only the one that closes the string may be escaped.
    const simple = kind === quote ? quote : simpleEscapes[kind];
    const hexLength = hexEscapeLengths[kind];
    if (simple !== undefined) {
      bytes.push(...utf8.encode(simple));
      i += 2;
    } else if (hexLength !== undefined) {
      const digits = body.slice(i + 2, i + 2 + hexLength);
      if (!new RegExp(`^[0-9a-fA-F]{${hexLength}}$`).test(digits))
        return { error: `invalid escape sequence \\${kind}` };
      const code = Number.parseInt(digits, 16);
      if (kind === 'x') bytes.push(code);
      else if (code > 0x10ffff) return { error: 'escape sequence is an invalid Unicode code point' };
      else bytes.push(...utf8.encode(String.fromCodePoint(code)));
      i += 2 + hexLength;
    } else if (/^[0-3][0-7]{2}$/.test(body.slice(i + 1, i + 4))) {
      bytes.push(Number.parseInt(body.slice(i + 1, i + 4), 8) & 0xff);
      i += 4;
    } else {
      return { error: `unknown escape sequence \\${kind}` };
    }
  }
  return { value: new TextDecoder('utf-8', { ignoreBOM: true }).decode(new Uint8Array(bytes)) };
}
