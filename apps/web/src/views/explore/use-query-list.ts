'use client';

import { parseAsNativeArrayOf, parseAsString, useQueryStates } from 'nuqs';
import { useCallback, useEffect, useRef, useState } from 'react';
import { addressOf, type QueryAddress, type QueryRow, rowsOf, sameAddress } from './query-list.ts';

const parsers = { expr: parseAsNativeArrayOf(parseAsString), hide: parseAsString.withDefault('') };

/** The queries of the page and how to change them: what ran is in the URL, what is typed is not yet. */
export function useQueryList(): {
  readonly rows: readonly QueryRow[];
  readonly change: (next: (rows: readonly QueryRow[]) => QueryRow[]) => void;
} {
  const [{ expr, hide }, setAddress] = useQueryStates(parsers, { history: 'push' });
  const [rows, setRows] = useState<readonly QueryRow[]>(() => rowsOf({ exprs: expr, hide }));
  // Changes may follow each other before the page is drawn again: each starts from the one before.
  const newest = useRef(rows);
  const address = useRef<QueryAddress>({ exprs: expr, hide });
  address.current = { exprs: expr, hide };

  // The address may change under the editors: back, forward, a link from a panel.
  useEffect(() => {
    const next = { exprs: expr, hide };
    if (sameAddress(addressOf(newest.current), next)) return;
    newest.current = rowsOf(next, newest.current);
    setRows(newest.current);
  }, [expr, hide]);

  const change = useCallback(
    (next: (rows: readonly QueryRow[]) => QueryRow[]) => {
      newest.current = next(newest.current);
      setRows(newest.current);
      const after = addressOf(newest.current);
      if (sameAddress(after, address.current)) return;
      void setAddress({
        expr: after.exprs.length === 0 ? null : [...after.exprs],
        hide: after.hide === '' ? null : after.hide,
      });
    },
    [setAddress],
  );
  return { rows, change };
}
