'use client';

import { useEffect, useRef, useState } from 'react';

/** How far below or above the window something is drawn already, px. */
const ahead = '300px';

/** Whether the element has come near the window, is printed, or a link leads to a place on the page; stays true. */
export function useNearWindow<T extends HTMLElement>() {
  const ref = useRef<T>(null);
  const [near, setNear] = useState(false);
  useEffect(() => {
    const element = ref.current;
    if (near || element === null) return;
    const show = () => setNear(true);
    if (window.location.hash !== '') return show();
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.some((entry) => entry.isIntersecting)) show();
      },
      { rootMargin: ahead },
    );
    observer.observe(element);
    window.addEventListener('beforeprint', show);
    return () => {
      observer.disconnect();
      window.removeEventListener('beforeprint', show);
    };
  }, [near]);
  return { ref, near };
}
