import type { QueryState } from '#data/query-state.ts';
import type { Answered } from './prepare.ts';
import { letterOf, type QueryRow } from './query-list.ts';

/** What is drawn of the rows, and what may be drawn while the next answers are on their way. */
export interface Carried<Answer> {
  readonly answered: readonly Answered<Answer>[];
  /** Whether some of it belongs to the question before, since the new one is not answered yet. */
  readonly waiting: boolean;
  /** By the id of the row. */
  readonly last: ReadonlyMap<string, Answered<Answer>>;
}

/** The answers of the rows that are shown. A row whose question has just changed keeps its answer until the new one comes. */
export function carriedAnswers<Answer>(
  rows: readonly QueryRow[],
  answers: ReadonlyMap<string, Pick<QueryState<Answer>, 'data' | 'loading'>>,
  before: ReadonlyMap<string, Answered<Answer>>,
): Carried<Answer> {
  const last = new Map<string, Answered<Answer>>();
  let waiting = false;
  rows.forEach((row, place) => {
    const state = row.hidden ? undefined : answers.get(row.expr);
    const old = before.get(row.id);
    if (state?.data !== undefined)
      last.set(row.id, { letter: letterOf(place), place, expr: row.expr, answer: state.data });
    else if (state?.loading && old !== undefined) {
      waiting = true;
      last.set(row.id, { ...old, letter: letterOf(place), place });
    }
  });
  return { answered: [...last.values()], waiting, last };
}
