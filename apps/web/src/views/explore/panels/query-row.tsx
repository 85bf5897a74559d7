'use client';

import { ArrowDown, ArrowUp, Copy, Eye, EyeOff, ListTree, MoreHorizontal, Trash2, WrapText } from 'lucide-react';
import dynamic from 'next/dynamic';
import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { cn } from '#components/ui/class-names.ts';
import {
  DropdownMenu,
  DropdownMenuContent,
  DropdownMenuItem,
  DropdownMenuSeparator,
  DropdownMenuTrigger,
} from '#components/ui/dropdown-menu.tsx';
import { Tooltip } from '#components/ui/tooltip.tsx';
import type { PromqlEditorHandle } from '../editor/promql-editor.tsx';
import { type Note, offsetOf } from '../notes.ts';
import { mostQueries, type QueryRow } from '../query-list.ts';
import { queryColor } from '../series-look.ts';
import { QueryNotes } from './query-notes.tsx';

const PromqlEditor = dynamic(() => import('../editor/promql-editor.tsx'), {
  ssr: false,
  loading: () => <div className="h-8 animate-pulse rounded-md bg-sunken" />,
});

export type RowCommand = 'hide' | 'format' | 'duplicate' | 'up' | 'down' | 'remove' | 'plan';

/** One query: letter, editor, what the last run said, and what it cost. */
export function QueryRowView({
  row,
  letter,
  place,
  total,
  notes,
  cost,
  autoFocus,
  onDraft,
  onRun,
  onCommand,
  onRetry,
}: {
  row: QueryRow;
  letter: string;
  place: number;
  /** How many queries there are. */
  total: number;
  notes: readonly Note[];
  /** What the answer cost, in words; undefined before the first one. */
  cost: string | undefined;
  autoFocus: boolean;
  onDraft: (text: string) => void;
  onRun: () => void;
  onCommand: (command: RowCommand) => void;
  /** Where the failure may pass by itself. */
  onRetry: (() => void) | undefined;
}) {
  const editor = useRef<PromqlEditorHandle>(null);
  // Decided when the row comes: one that moves to the end takes the caret from nobody.
  const [takesCaret] = useState(autoFocus);
  const badge = useRef<HTMLButtonElement>(null);
  // A row that moves in the document loses the focus, and with it the next arrow.
  const movedByKey = useRef(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: after each change of place
  useEffect(() => {
    if (movedByKey.current) badge.current?.focus();
    movedByKey.current = false;
  }, [place]);
  const ranThis = row.draft === row.expr;
  const onBadgeKey = (event: KeyboardEvent) => {
    const command = event.key === 'ArrowUp' ? 'up' : event.key === 'ArrowDown' ? 'down' : undefined;
    if (command === undefined) return;
    event.preventDefault();
    movedByKey.current = true;
    onCommand(command);
  };

  return (
    <li data-query={letter} className="grid grid-cols-[auto_minmax(0,1fr)_auto] items-start gap-x-2 gap-y-1">
      <Tooltip text={`Query ${letter}. Arrow up and down move it.`}>
        <button
          ref={badge}
          type="button"
          aria-label={`Query ${letter}: arrow up and down move it`}
          onKeyDown={onBadgeKey}
          onClick={() => editor.current?.focus()}
          className={cn(
            'mt-1 grid size-6.5 place-items-center rounded-md border-2 bg-surface text-xs font-semibold text-ink',
            row.hidden && 'text-ink-faint',
          )}
          style={{
            borderColor: row.hidden ? 'var(--line-strong)' : total > 1 ? queryColor(place) : 'var(--line-strong)',
          }}
        >
          {letter}
        </button>
      </Tooltip>
      <div
        className={cn(
          'min-w-0 overflow-hidden rounded-md border border-line-strong focus-within:border-accent focus-within:ring-1 focus-within:ring-accent max-sm:order-last max-sm:col-span-3',
          row.hidden && 'opacity-60',
        )}
      >
        <PromqlEditor
          label={`PromQL expression of query ${letter}`}
          value={row.draft}
          notes={ranThis && !row.hidden ? notes : []}
          autoFocus={takesCaret}
          handle={editor}
          onChange={onDraft}
          onRun={onRun}
        />
      </div>
      <div className="mt-0.5 flex items-center max-sm:col-start-3">
        <Tooltip text={row.hidden ? 'Show' : 'Hide'}>
          <Button
            variant="ghost"
            size="icon"
            aria-label={row.hidden ? `Show query ${letter}` : `Hide query ${letter}`}
            aria-pressed={row.hidden}
            onClick={() => onCommand('hide')}
          >
            {row.hidden ? <EyeOff aria-hidden /> : <Eye aria-hidden />}
          </Button>
        </Tooltip>
        <Tooltip text="Plan: how it is answered, and what it reads">
          <Button
            variant="ghost"
            size="icon"
            aria-label={`Plan of query ${letter}`}
            disabled={row.draft.trim() === ''}
            onClick={() => onCommand('plan')}
          >
            <ListTree aria-hidden />
          </Button>
        </Tooltip>
        <DropdownMenu>
          <DropdownMenuTrigger asChild>
            <Button variant="ghost" size="icon" aria-label={`More for query ${letter}`}>
              <MoreHorizontal aria-hidden />
            </Button>
          </DropdownMenuTrigger>
          <DropdownMenuContent>
            <DropdownMenuItem disabled={row.draft.trim() === ''} onSelect={() => onCommand('format')}>
              <WrapText aria-hidden /> Format
            </DropdownMenuItem>
            <DropdownMenuItem disabled={total >= mostQueries} onSelect={() => onCommand('duplicate')}>
              <Copy aria-hidden /> Duplicate
            </DropdownMenuItem>
            <DropdownMenuItem disabled={place === 0} onSelect={() => onCommand('up')}>
              <ArrowUp aria-hidden /> Move up
            </DropdownMenuItem>
            <DropdownMenuItem disabled={place === total - 1} onSelect={() => onCommand('down')}>
              <ArrowDown aria-hidden /> Move down
            </DropdownMenuItem>
            <DropdownMenuSeparator />
            <DropdownMenuItem onSelect={() => onCommand('remove')}>
              <Trash2 aria-hidden /> Remove
            </DropdownMenuItem>
          </DropdownMenuContent>
        </DropdownMenu>
      </div>
      <div className="col-start-2 min-w-0 max-sm:order-last max-sm:col-span-3 max-sm:col-start-1">
        {!row.hidden && (
          <QueryNotes
            notes={ranThis ? notes : []}
            onPlace={(note) => note.place !== undefined && editor.current?.goTo(offsetOf(row.draft, note.place))}
            onRetry={onRetry}
          />
        )}
        <p data-cost={letter} className="min-h-4 text-2xs tabular text-ink-faint">
          {row.hidden
            ? 'Hidden: not asked.'
            : row.draft.trim() === ''
              ? ''
              : !ranThis
                ? 'Changed since the last run: ctrl-enter runs it.'
                : cost}
        </p>
      </div>
    </li>
  );
}
