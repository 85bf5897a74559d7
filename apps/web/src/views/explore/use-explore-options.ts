'use client';

import { parseAsString, parseAsStringLiteral, useQueryStates } from 'nuqs';

/** How the answers are shown; all of it is in the URL. */
export function useExploreOptions() {
  const [options, setOptions] = useQueryStates(
    {
      show: parseAsStringLiteral(['graph', 'table', 'both']).withDefault('graph'),
      draw: parseAsStringLiteral(['lines', 'stacked']).withDefault('lines'),
      charts: parseAsStringLiteral(['one', 'each']).withDefault('one'),
      pick: parseAsStringLiteral(['top', 'bottom', 'first']).withDefault('top'),
      step: parseAsString.withDefault('auto'),
    },
    { history: 'push' },
  );
  return { ...options, setOptions };
}

export type ExploreOptions = ReturnType<typeof useExploreOptions>;
