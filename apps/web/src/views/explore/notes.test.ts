import { describe, expect, it } from 'vitest';
import { GatewayError } from '#data/gateway-error.ts';
import { annotationNote, errorNote, notesOf, offsetOf, tokenAt } from './notes.ts';

describe('what the gateway says of an expression', () => {
  it('is a message and a place', () => {
    const error = GatewayError.fromBody(
      { errorType: 'bad_data', error: 'invalid parameter "query": 2:5: parse error: unexpected ")"' },
      400,
    );
    expect(errorNote(error)).toEqual({
      severity: 'error',
      message: 'unexpected ")"',
      place: { line: 2, column: 5 },
    });
  });

  it('is a warning or info with the place at its end', () => {
    const text = 'PromQL warning: quantile value should be between 0 and 1, got 3 (1:10)';
    expect(annotationNote('warning', text)).toEqual({
      severity: 'warning',
      message: 'quantile value should be between 0 and 1, got 3',
      place: { line: 1, column: 10 },
    });
    expect(annotationNote('info', 'results truncated due to limit').place).toBeUndefined();
  });

  it('is told with the error first', () => {
    const error = new GatewayError('query_limit', 'too many samples', 422);
    const notes = notesOf({ warnings: ['w (1:1)'], infos: ['i'] }, error);
    expect(notes.map((note) => note.severity)).toEqual(['error', 'warning', 'info']);
  });
});

describe('places', () => {
  it('are offsets inside the text', () => {
    const text = 'sum(\n  up[5m\n)';
    expect(offsetOf(text, { line: 2, column: 3 })).toBe(7);
    expect(offsetOf(text, { line: 1, column: 99 })).toBe(4);
    expect(offsetOf(text, { line: 9, column: 1 })).toBe(text.length);
  });

  it.each([
    ['rate(up)', 5, 'up'],
    ['up{a="b c"}', 5, '"b c"'],
    ['up + ', 5, '+'],
    ['sum(up', 6, 'p'],
    ['a == b', 2, '='],
    ['rate(x[5m])', 7, '5m'],
  ])('of %j at %i underline %j', (text, offset, token) => {
    const { from, to } = tokenAt(text, offset);
    expect(text.slice(from, to)).toBe(token);
  });
});
