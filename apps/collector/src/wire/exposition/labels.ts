/** Where the reading of one line stands; `fail` throws with the line number. */
export interface LineCursor {
  readonly bytes: Buffer;
  position: number;
  /** End of the input. */
  readonly end: number;
  fail(what: string): never;
}

const quote = 34;
const backslash = 92;
const newline = 10;
const openBrace = 123;
const closeBrace = 125;
const comma = 44;
const equals = 61;

const isBlank = (byte: number | undefined) => byte === 32 || byte === 9;

export function skipBlanks(cursor: LineCursor): void {
  while (isBlank(cursor.bytes[cursor.position]) && cursor.position < cursor.end) cursor.position++;
}

/**
 * Moves from the beginning of a sample line past its metric name and labels, without reading them: blanks between name
 * and brace belong to them, braces and quotes inside of values don't end them.
 */
export function skipSeries(cursor: LineCursor): void {
  const { bytes, end } = cursor;
  let at = cursor.position;
  while (at < end) {
    const byte = bytes[at] as number;
    if (byte === openBrace || byte <= 32) break;
    at++;
  }
  const nameEnd = at;
  while (at < end && isBlank(bytes[at])) at++;
  if (bytes[at] !== openBrace || at >= end) {
    cursor.position = nameEnd;
    return;
  }
  for (at++; at < end; at++) {
    const byte = bytes[at] as number;
    if (byte === closeBrace) {
      cursor.position = at + 1;
      return;
    }
    if (byte === newline) break;
    if (byte !== quote) continue;
    for (at++; at < end && bytes[at] !== quote; at++) {
      if (bytes[at] === backslash) at++;
      else if (bytes[at] === newline) cursor.fail('a label value has no closing quote');
    }
  }
  cursor.fail('the labels have no closing brace');
}

/**
 * Reads metric name and labels in bytes[start, end), which `skipSeries` found, as flat pairs with `__name__` first.
 * Takes blanks around every token, a comma at the end, and quoted (UTF-8) names.
 */
export function readSeries(cursor: LineCursor, start: number, end: number, intern: (text: string) => string): string[] {
  const inner: LineCursor = { bytes: cursor.bytes, position: start, end, fail: (what) => cursor.fail(what) };
  const pairs = ['__name__', intern(readName(inner, true))];
  skipBlanks(inner);
  if (inner.position < end) readBraces(inner, pairs, intern);
  if (pairs[1] === '') cursor.fail('there is no metric name');
  return pairs;
}

/** Reads the labels of an exemplar in bytes[start, end), braces included, as flat pairs. */
export function readExemplarLabels(cursor: LineCursor, start: number, end: number): string[] {
  const inner: LineCursor = { bytes: cursor.bytes, position: start, end, fail: (what) => cursor.fail(what) };
  const pairs: string[] = [];
  readBraces(inner, pairs, (text) => text);
  return pairs;
}

/** Adds the labels between braces to the pairs; a quoted name alone is the metric's, where `pairs` has an empty one. */
function readBraces(inner: LineCursor, pairs: string[], intern: (text: string) => string): void {
  const { bytes } = inner;
  inner.position++;
  for (;;) {
    skipBlanks(inner);
    if (bytes[inner.position] === closeBrace) break;
    const quoted = bytes[inner.position] === quote;
    const label = quoted ? readQuoted(inner) : readName(inner, false);
    skipBlanks(inner);
    if (bytes[inner.position] === equals) {
      inner.position++;
      skipBlanks(inner);
      if (bytes[inner.position] !== quote) inner.fail(`the value of label "${label}" is not in quotes`);
      pairs.push(intern(label), intern(readQuoted(inner)));
      skipBlanks(inner);
    } else if (quoted && pairs[0] === '__name__' && pairs[1] === '') {
      pairs[1] = intern(label);
    } else {
      inner.fail(`label "${label}" has no value`);
    }
    if (bytes[inner.position] === comma) inner.position++;
    else if (bytes[inner.position] !== closeBrace)
      inner.fail(`after label "${label}" there is neither a comma nor a closing brace`);
  }
}

/** A bare name; a metric's may have colons, and is empty where it stands quoted inside the braces. */
function readName(cursor: LineCursor, metric: boolean): string {
  const { bytes, position: start } = cursor;
  let at = start;
  for (; at < cursor.end; at++) {
    const byte = bytes[at] as number;
    const letter = (byte >= 65 && byte <= 90) || (byte >= 97 && byte <= 122) || byte === 95 || (metric && byte === 58);
    if (!letter && !(at > start && byte >= 48 && byte <= 57)) break;
  }
  if (at === start && !(metric && bytes[at] === openBrace))
    cursor.fail(metric ? 'a metric name was expected' : 'a label name was expected');
  const next = bytes[at];
  if (metric && at < cursor.end && !isBlank(next) && next !== openBrace)
    cursor.fail(`a metric name has no "${String.fromCharCode(next as number)}"`);
  cursor.position = at;
  return bytes.toString('latin1', start, at);
}

function readQuoted(cursor: LineCursor): string {
  const { bytes } = cursor;
  const start = ++cursor.position;
  let at = start;
  let escaped = false;
  for (; at < cursor.end && bytes[at] !== quote; at++) {
    if (bytes[at] !== backslash) continue;
    escaped = true;
    at++;
  }
  if (at >= cursor.end) cursor.fail('a quote is not closed');
  cursor.position = at + 1;
  const text = bytes.toString('utf8', start, at);
  return escaped ? unescapeText(text) : text;
}

/** `\\`, `\"` and `\n`; another backslash stands for itself, as in Prometheus. */
export function unescapeText(text: string): string {
  return text.replace(/\\(["\\n])/g, (_, what: string) => (what === 'n' ? '\n' : what));
}
