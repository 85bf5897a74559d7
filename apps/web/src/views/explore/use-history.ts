'use client';

import { useSyncExternalStore } from 'react';
import { type HistoryEntry, parseHistory } from './history.ts';

const key = 'binnacle.explore.history';
const none: readonly HistoryEntry[] = [];

let cachedText: string | null = null;
let cached: readonly HistoryEntry[] = none;
const listeners = new Set<() => void>();

/** Storage may be forbidden: then there is no history, and nothing else fails. */
function read(): readonly HistoryEntry[] {
  let text: string | null = null;
  try {
    text = localStorage.getItem(key);
  } catch {
    return none;
  }
  if (text !== cachedText) {
    cachedText = text;
    cached = parseHistory(text);
  }
  return cached;
}

/** Changes the history that this browser keeps. Only expressions and times are in it. */
export function changeHistory(change: (entries: readonly HistoryEntry[]) => readonly HistoryEntry[]): void {
  try {
    localStorage.setItem(key, JSON.stringify(change(read())));
  } catch {
    return;
  }
  for (const listener of listeners) listener();
}

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  // Another tab of the same browser writes the same history.
  window.addEventListener('storage', listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener('storage', listener);
  };
};

/** What ran in this browser, newest first. */
export const useHistory = (): readonly HistoryEntry[] => useSyncExternalStore(subscribe, read, () => none);
