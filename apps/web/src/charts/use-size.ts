'use client';

import { useCallback, useState } from 'react';

/** Width of an element in px, kept up to date; 0 before the first measure. Hand `ref` to the element. */
export function useWidth(): { ref: (node: HTMLElement | null) => (() => void) | undefined; width: number } {
  const [width, setWidth] = useState(0);
  const ref = useCallback((node: HTMLElement | null) => {
    if (node === null) return undefined;
    const observer = new ResizeObserver(([entry]) => setWidth(Math.floor(entry?.contentRect.width ?? 0)));
    observer.observe(node);
    setWidth(Math.floor(node.getBoundingClientRect().width));
    return () => observer.disconnect();
  }, []);
  return { ref, width };
}
