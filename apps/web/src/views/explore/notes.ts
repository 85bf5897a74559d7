import type { GatewayError } from '#data/gateway-error.ts';

/** Something to say about a place of an expression. */
export interface Note {
  readonly severity: 'error' | 'warning' | 'info';
  readonly message: string;
  /** From 1, as the gateway counts; undefined where it names no place. */
  readonly place: { readonly line: number; readonly column: number } | undefined;
}

/** What the gateway says of a failed query, without the place in front and the name of the parameter. */
export function errorNote(error: GatewayError): Note {
  const message = error.message.replace(/^invalid parameter "query": /, '').replace(/^\d+:\d+: parse error: /, '');
  return { severity: 'error', message, place: error.position };
}

/** A warning or info of an answer: the place stands in brackets at its end. */
export function annotationNote(severity: 'warning' | 'info', text: string): Note {
  const at = /\s*\((\d+):(\d+)\)$/.exec(text);
  const message = (at === null ? text : text.slice(0, at.index)).replace(/^PromQL (?:warning|info): /, '');
  return {
    severity,
    message,
    place: at === null ? undefined : { line: Number(at[1]), column: Number(at[2]) },
  };
}

/** What is to be said about an answer and its last failure. */
export const notesOf = (
  answer: { readonly warnings: readonly string[]; readonly infos?: readonly string[] } | undefined,
  error: GatewayError | undefined,
): Note[] => [
  ...(error === undefined ? [] : [errorNote(error)]),
  ...(answer?.warnings ?? []).map((text) => annotationNote('warning', text)),
  ...(answer?.infos ?? []).map((text) => annotationNote('info', text)),
];

/** Offset of a place in a text, kept inside it. */
export function offsetOf(text: string, place: { readonly line: number; readonly column: number }): number {
  const lines = text.split('\n');
  if (place.line > lines.length) return text.length;
  const before = lines.slice(0, place.line - 1).reduce((sum, line) => sum + line.length + 1, 0);
  return before + Math.min(lines[place.line - 1]?.length ?? 0, Math.max(0, place.column - 1));
}

/**
 * The word at an offset that a squiggle is drawn under: a name, a number, a string or one sign. At the end of the text,
 * where something is missing, the last sign.
 */
export function tokenAt(text: string, offset: number): { from: number; to: number } {
  const at = /^(?:"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|[\w:.]+|\S)/.exec(text.slice(offset));
  if (at !== null) return { from: offset, to: offset + at[0].length };
  const end = text.slice(0, offset).trimEnd().length;
  return end === 0 ? { from: 0, to: Math.min(1, text.length) } : { from: end - 1, to: end };
}
