'use client';

import { useQueryClient } from '@tanstack/react-query';
import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useState } from 'react';
import { useFrameState } from '#state/frame-state.ts';
import { type ResolvedRange, refreshSeconds, resolveRange } from '#state/time-range.ts';

interface Clock {
  /** The "now" that all panels of the page share; moves with every refresh. ms since 1970. */
  readonly nowMs: number;
  readonly range: ResolvedRange;
  /** Whether the range ends in the moving now. */
  readonly live: boolean;
  readonly refresh: () => void;
}

const ClockContext = createContext<Clock | null>(null);

/** Moves "now" by the refresh interval of the URL, and not while nobody looks. */
export function ClockProvider({ children, startMs }: { children: ReactNode; startMs: number }) {
  const { from, to, refresh } = useFrameState();
  const [nowMs, setNowMs] = useState(startMs);
  const client = useQueryClient();

  const tick = useCallback(() => {
    setNowMs(Date.now());
    void client.invalidateQueries({ predicate: (query) => query.meta?.live === true }, { cancelRefetch: false });
  }, [client]);

  const seconds = refreshSeconds(refresh);
  useEffect(() => {
    if (seconds === undefined) return;
    let last = Date.now();
    const timer = setInterval(() => {
      if (document.hidden) return;
      last = Date.now();
      tick();
    }, seconds * 1e3);
    const onVisible = () => {
      if (document.hidden || Date.now() - last < seconds * 1e3) return;
      last = Date.now();
      tick();
    };
    document.addEventListener('visibilitychange', onVisible);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', onVisible);
    };
  }, [seconds, tick]);

  const clock = useMemo(
    () => ({ nowMs, range: resolveRange(from, to, nowMs), live: to === 'now', refresh: tick }),
    [nowMs, from, to, tick],
  );
  return <ClockContext value={clock}>{children}</ClockContext>;
}

/** The shared now and range of the page. */
export function useClock(): Clock {
  const clock = useContext(ClockContext);
  if (clock === null) throw new Error('useClock outside ClockProvider');
  return clock;
}
