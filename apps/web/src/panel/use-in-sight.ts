'use client';

import { useEffect, useRef } from 'react';

/** Brings what was just chosen into sight where it opened above the window, as on a phone. */
export function useInSight<T extends HTMLElement>(key: string | null) {
  const ref = useRef<T>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another key is another choice
  useEffect(() => {
    const element = ref.current;
    if (element !== null && element.getBoundingClientRect().top < 0) element.scrollIntoView({ block: 'start' });
  }, [key]);
  return ref;
}
