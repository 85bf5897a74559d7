/**
 * A label name as it may stand in a path: `U__` before a name in which `_xx_` is the character with that code in hex and
 * `__` an underscore. One that does not follow these rules stands for itself. (Prometheus: value encoding escaping.)
 */
export function unescapeName(text: string): string {
  if (!text.startsWith('U__')) return text;
  let name = '';
  for (let i = 3; i < text.length; i++) {
    const character = text[i] as string;
    if (character !== '_') {
      name += character;
      continue;
    }
    if (text[i + 1] === '_') {
      name += '_';
      i++;
      continue;
    }
    const [whole, hex] = /^_([0-9A-Fa-f]{1,6})_/.exec(text.slice(i, i + 8)) ?? [];
    const code = Number.parseInt(hex ?? '', 16);
    if (whole === undefined || !(code <= 0x10ffff) || (code >= 0xd800 && code <= 0xdfff)) return text;
    name += String.fromCodePoint(code);
    i += whole.length - 1;
  }
  return name;
}
