import type { ReactNode } from 'react';

/** A part of an alert's story, with its small heading. */
export function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="min-w-0">
      <h3 className="mb-1 text-xs font-medium text-ink-soft">{title}</h3>
      {children}
    </section>
  );
}
