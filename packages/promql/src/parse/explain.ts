import type { Tree } from '@lezer/common';
import type { Span } from './ast.ts';
import { quotedText } from './spelling.ts';

/** How much of the text around a fault is read to explain it. */
export const explainedCharacters = 200;

/** A fault in the text: its place, and a sentence. */
interface Fault {
  readonly span: Span;
  readonly message: string;
}

/** The first place where the grammar cannot go on. */
export function firstFault(tree: Tree): Span | undefined {
  let fault: Span | undefined;
  tree.iterate({
    enter: (node) => {
      if (!node.type.isError) return;
      if (fault === undefined || node.from < fault.from) fault = { from: node.from, to: node.to };
    },
  });
  return fault;
}

/** Says in the words of Prometheus why the text cannot be read at a place. */
export function explain(text: string, fault: Span): Fault {
  const before = text.slice(Math.max(0, fault.from - explainedCharacters), fault.from);
  const rest = text.slice(fault.from).trimStart();
  const called = /([A-Za-z_:][\w:]*)\s*$/.exec(before);
  if (called !== null && rest.startsWith('(')) {
    const name = called[1] as string;
    const from = fault.from - called[0].length;
    return { span: { from, to: from + name.length }, message: `unknown function with name "${name}"` };
  }
  return malformedNumber(text, before, fault) ?? openString(text, fault) ?? unexpected(text, rest, fault);
}

/** A fault within a word that begins with a digit: `5mm`. */
function malformedNumber(text: string, before: string, fault: Span): Fault | undefined {
  const begun = /(?<![\w.:])\.?\d[\w.]*$/.exec(before)?.[0];
  const ended = /^[\w.]+/.exec(text.slice(fault.from, fault.from + explainedCharacters))?.[0];
  if (begun === undefined || ended === undefined) return undefined;
  const from = fault.from - begun.length;
  return { span: { from, to: from + begun.length }, message: `bad number or duration syntax: "${begun}${ended}"` };
}

/** A string without an end before the fault or at it. */
function openString(text: string, fault: Span): Fault | undefined {
  for (const { 0: quoted, index } of text.matchAll(quotedText)) {
    if (index > fault.from) return undefined;
    if (quoted.startsWith('#') || index + quoted.length < text.length) continue;
    const open = quoted.length === 1 || quoted.at(-1) !== quoted[0] || /[^\\](?:\\\\)*\\.$/s.test(quoted);
    if (open) return { span: { from: index, to: text.length }, message: 'unterminated quoted string' };
  }
  return undefined;
}

function unexpected(text: string, rest: string, fault: Span): Fault {
  const token = /^(?:[\w:.]+|"[^"]*"?|'[^']*'?|=~|!~|[=!<>]=|\S)/.exec(rest)?.[0];
  if (token !== undefined) return { span: fault, message: `unexpected "${token}"` };
  const open = unclosed(text);
  const message = open === undefined ? 'unexpected end of input' : `unexpected end of input: "${open}" is not closed`;
  return { span: fault, message };
}

/** The innermost bracket that is still open at the end of the text, strings and comments left out. */
function unclosed(text: string): string | undefined {
  const bare = text.replace(quotedText, '');
  const open: string[] = [];
  for (const character of bare) {
    if ('([{'.includes(character)) open.push(character);
    else if (')]}'.includes(character)) open.pop();
  }
  return open.at(-1);
}
