/** Strings, closed or not, and comments: what brackets, names and numbers do not count in. */
export const quotedText = /"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?|`[^`]*`?|#[^\n]*/gs;

const tokens = new RegExp(`(?<quoted>${quotedText.source})|(?<number>\\d[\\w.]*)|(?<name>[A-Za-z_:][\\w:]*)|\\S`, 'gs');

const durationFunctions: ReadonlySet<string> = new Set(['step', 'range', 'min_of', 'max_of']);

/** What all of the differences below begin with; most queries have none of it. */
const mayDiffer = /\d\.(?!\d)|0x|offset|step|range|m(?:in|ax)_of/i;

/**
 * The text in a spelling that the grammar reads, of the same length, so that every place stays where it is. Values and
 * names are read from the text as written.
 *
 * - `2.` is a number in PromQL but not in the grammar, which reads `02`.
 * - `0X1F` and `0x_1f` are numbers in PromQL; the grammar wants `0x` and a digit.
 * - A metric may be called `offset`, which the grammar keeps for the modifier.
 * - `STEP()` in a duration is `step()`; the grammar knows small letters only.
 * - `min_of(…)` outside of durations is an ordinary function, which the grammar lacks; `resets` is as long, and takes any
 *   arguments until they are checked.
 */
export function readableText(text: string): string {
  if (!mayDiffer.test(text)) return text;
  /** For each open bracket, whether a duration stands in it. */
  const brackets: boolean[] = [];
  /** Whether an operand may stand here, rather than what follows one. */
  let operand = true;
  /** Whether a duration begins here: after `offset`, with a sign or not. */
  let begins = false;
  return text.replace(tokens, (token: string, ...rest: unknown[]) => {
    const { quoted, number, name } = rest.at(-1) as Record<string, string | undefined>;
    if (quoted?.startsWith('#') === true) return token;
    const inDuration = begins || brackets.at(-1) === true;
    const first = operand;
    begins = false;
    operand = quoted === undefined && '(,+-*/%^=<>!~'.includes(token.at(-1) as string);
    if (number !== undefined)
      return number
        .replace(/^(\d[\d_]*)\.(?!\d)/, '0$1')
        .replace(/^0(?:X|x_)_?/, (prefix) => '0x'.padEnd(prefix.length, '0'));
    if (name !== undefined) {
      const lower = name.toLowerCase();
      const at = rest.find((part) => typeof part === 'number') as number;
      if (durationFunctions.has(lower) && /^\s*\(/.test(text.slice(at + name.length, at + name.length + 100))) {
        begins = inDuration;
        if (inDuration) return lower;
        return lower === 'min_of' || lower === 'max_of' ? 'resets' : token;
      }
      if (lower === 'offset' && (first || /^\s*[{[]/.test(text.slice(at + name.length, at + name.length + 100)))) {
        return 'metric';
      }
      begins = lower === 'offset';
    } else if (token === '(') brackets.push(inDuration);
    else if (token === '[') brackets.push(true);
    else if (token === ')' || token === ']') brackets.pop();
    else if (token === '+' || token === '-') begins = inDuration;
    return token;
  });
}
