'use client';

import type { ReactNode } from 'react';
import { useCluster } from '#data/cluster.ts';
import { GuideText } from './empty-state.tsx';
import type { Guide } from './guide.ts';

/** The panels of a page; before anything is connected, what to connect instead, with the exact lines. */
export function ViewBody({ guide, children }: { guide: Guide; children: ReactNode }) {
  const { none } = useCluster();
  if (!none) return children;
  return (
    <section
      data-connect
      aria-label="Connect a source"
      className="max-w-3xl rounded-lg border border-line bg-surface p-5 shadow-panel"
    >
      <h2 className="text-[15px] font-semibold">Nothing is connected yet</h2>
      <p className="mt-1 text-ink-soft">
        No source has sent a sample, so this page does not know. It fills itself as soon as one does.
      </p>
      <GuideText guide={guide} />
    </section>
  );
}
