'use client';

import { Info, OctagonAlert, TriangleAlert } from 'lucide-react';
import { Button } from '#components/ui/button.tsx';
import { cn } from '#components/ui/class-names.ts';
import type { Note } from '../notes.ts';

const looks = {
  error: { icon: OctagonAlert, ink: 'text-bad' },
  warning: { icon: TriangleAlert, ink: 'text-attention' },
  info: { icon: Info, ink: 'text-ink-soft' },
} as const;

/** What the gateway said. An error with a place stands under its token in the editor; here it is told to a screen reader. */
export function QueryNotes({
  notes,
  onPlace,
  onRetry,
}: {
  notes: readonly Note[];
  onPlace: (note: Note) => void;
  onRetry: (() => void) | undefined;
}) {
  return notes.map((note) => {
    const { icon: Icon, ink } = looks[note.severity];
    const inEditor = note.severity === 'error' && note.place !== undefined;
    return (
      <div
        key={`${note.severity}${note.message}`}
        role={note.severity === 'error' ? 'alert' : undefined}
        data-note={note.severity}
        className={cn('mt-0.5 flex items-start gap-1.5 text-xs', ink, inEditor && 'sr-only')}
      >
        <Icon role="img" aria-label={note.severity} className="mt-px size-3.5 shrink-0" />
        <span className="min-w-0 break-words">{note.message}</span>
        {note.place !== undefined && !inEditor && (
          <button
            type="button"
            className="shrink-0 rounded underline decoration-dotted underline-offset-2 hover:text-ink"
            onClick={() => onPlace(note)}
          >
            at {note.place.line}:{note.place.column}
          </button>
        )}
        {note.severity === 'error' && note.place === undefined && onRetry !== undefined && (
          <Button size="small" variant="ghost" className="-my-1" onClick={onRetry}>
            Retry
          </Button>
        )}
      </div>
    );
  });
}
