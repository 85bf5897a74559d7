'use client';

import { useSyncExternalStore } from 'react';

/** The time under the pointer, shared by all charts of the page so that they can be read side by side. */
let current: number | null = null;
const listeners = new Set<() => void>();

export function setCrosshair(time: number | null) {
  if (time === current) return;
  current = time;
  for (const listener of listeners) listener();
}

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
};

export const useCrosshair = () =>
  useSyncExternalStore(
    subscribe,
    () => current,
    () => null,
  );
