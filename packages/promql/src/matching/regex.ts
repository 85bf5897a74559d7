import { RE2JS } from 're2js';

/** A regular expression of PromQL: RE2, anchored at both ends, `.` matches a newline. */
export interface AnchoredRegex {
  matches(text: string): boolean;
}

const literalAlternatives = /^[\w:@ /=,;<>!"'~`#%&-]+(?:\|[\w:@ /=,;<>!"'~`#%&-]+)*$/;
const literalPrefix = /^([\w:@ /=,;<>!"'~`#%&-]*)\.([*+])$/;

/** Compiles a matcher's expression. Throws an Error with RE2's sentence where it is none. */
export function compileRegex(pattern: string): AnchoredRegex {
  // Most expressions in dashboards are `a|b|c` or `prefix.*`: these need no automaton.
  if (literalAlternatives.test(pattern)) {
    const wanted = new Set(pattern.split('|'));
    return { matches: (text) => wanted.has(text) };
  }
  const prefix = literalPrefix.exec(pattern);
  if (prefix !== null) {
    const start = prefix[1] as string;
    const shortest = start.length + (prefix[2] === '+' ? 1 : 0);
    return { matches: (text) => text.length >= shortest && text.startsWith(start) };
  }
  const compiled = RE2JS.compile(pattern, RE2JS.DOTALL);
  return { matches: (text) => compiled.testExact(text) };
}

/** `label_replace`: what the template becomes for a text, or undefined where the whole text does not match. */
export type Rewriter = (text: string) => string | undefined;

/**
 * Compiles the expression and the template of `label_replace`. `$1`, `$name`, `${1}`, `${name}` insert groups (nothing for
 * a group that is not there), `$$` is a dollar sign.
 */
export function compileRewriter(pattern: string, template: string): Rewriter {
  const compiled = RE2JS.compile(pattern, RE2JS.DOTALL);
  const named = compiled.namedGroups();
  const groupCount = compiled.groupCount();
  return (text) => {
    const matcher = compiled.matcher(text);
    if (!matcher.matches()) return undefined;
    const group = (name: string): string => {
      const index = /^\d+$/.test(name) ? Number(name) : named[name];
      return index === undefined || index > groupCount ? '' : (matcher.group(index) ?? '');
    };
    return template.replace(
      /\$(?:\$|(\w+)|\{(\w+)\})/g,
      (whole, bare: string | undefined, braced: string | undefined) => {
        const name = bare ?? braced;
        return name === undefined ? (whole === '$$' ? '$' : whole) : group(name);
      },
    );
  };
}
