import { BinnacleError } from '@binnacle/shared/errors.ts';
import type { Span } from './ast.ts';

/** `line:column` of an offset, both from 1, as Prometheus writes positions. */
export function lineAndColumn(text: string, offset: number): string {
  const before = text.slice(0, offset);
  const line = before.split('\n').length;
  return `${line}:${offset - before.lastIndexOf('\n')}`;
}

/** A refusal of the query text, with the place of the fault: `query_invalid`, "line:column: parse error: …". */
export class QuerySyntaxError extends BinnacleError {
  readonly span: Span;

  constructor(text: string, span: Span, message: string) {
    super('query_invalid', `${lineAndColumn(text, span.from)}: parse error: ${message}`);
    this.name = 'QuerySyntaxError';
    this.span = span;
  }
}
