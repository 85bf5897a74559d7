'use client';

import { parseAsString, useQueryStates } from 'nuqs';
import { useCallback, useMemo } from 'react';
import { defaultRange } from './time-range.ts';

const frameParsers = {
  from: parseAsString.withDefault(defaultRange.from),
  to: parseAsString.withDefault(defaultRange.to),
  refresh: parseAsString.withDefault('15s'),
  cluster: parseAsString,
};

/** What every page shares and the URL holds: `?from=now-1h&to=now&refresh=15s&cluster=demo`. */
export function useFrameState() {
  const [state, setState] = useQueryStates(frameParsers, { history: 'push' });
  return useMemo(() => ({ ...state, setState }), [state, setState]);
}

/** Address of a page of ours with the range, refresh and cluster of this one. `extra` adds or replaces parameters. */
export function useFrameHref() {
  const { from, to, refresh, cluster } = useFrameState();
  return useCallback(
    (path: string, extra: Readonly<Record<string, string | undefined>> = {}) => {
      const query = new URLSearchParams();
      if (from !== defaultRange.from) query.set('from', from);
      if (to !== defaultRange.to) query.set('to', to);
      if (refresh !== '15s') query.set('refresh', refresh);
      if (cluster !== null) query.set('cluster', cluster);
      for (const [name, value] of Object.entries(extra)) if (value !== undefined) query.set(name, value);
      const text = query.toString();
      return text === '' ? path : `${path}?${text}`;
    },
    [from, to, refresh, cluster],
  );
}
