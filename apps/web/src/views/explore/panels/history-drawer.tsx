'use client';

import { Search, Star, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { cn } from '#components/ui/class-names.ts';
import { Dialog, DialogContent } from '#components/ui/dialog.tsx';
import { Input } from '#components/ui/input.tsx';
import { Segmented } from '#components/ui/segmented.tsx';
import { age } from '#format/units.ts';
import { cleared, found, withStar } from '../history.ts';
import { changeHistory, useHistory } from '../use-history.ts';

/** What ran in this browser: searched, starred, run again. */
export function HistoryDrawer({ onClose, onPick }: { onClose: () => void; onPick: (expr: string) => void }) {
  return (
    <Dialog open onOpenChange={(next) => !next && onClose()}>
      <DialogContent
        title="History"
        description="The last 100 queries that ran in this browser. They stay in it."
        side="right"
      >
        <HistoryList
          onPick={(expr) => {
            onPick(expr);
            onClose();
          }}
        />
      </DialogContent>
    </Dialog>
  );
}

function HistoryList({ onPick }: { onPick: (expr: string) => void }) {
  const entries = useHistory();
  const [words, setWords] = useState('');
  const [which, setWhich] = useState<'all' | 'starred'>('all');
  // Told once, when the drawer opens: ages that move under the reader's eyes help nobody.
  const [nowMs] = useState(() => Date.now());
  const shown = found(entries, words, which === 'starred');
  return (
    <div className="grid gap-3 p-4">
      <div className="flex flex-wrap items-center gap-2">
        <div className="relative min-w-40 flex-1">
          <Search aria-hidden className="pointer-events-none absolute left-2 top-2 size-4 text-ink-faint" />
          <Input
            aria-label="Search the history"
            placeholder="Search"
            value={words}
            onChange={(event) => setWords(event.target.value)}
            className="pl-8"
          />
        </div>
        <Segmented
          label="Which"
          value={which}
          options={[
            { value: 'all', label: 'All' },
            { value: 'starred', label: 'Starred' },
          ]}
          onChange={setWhich}
        />
        <Button
          variant="ghost"
          disabled={!entries.some((one) => !one.starred)}
          onClick={() => changeHistory(cleared)}
          title="Starred ones stay"
        >
          <Trash2 aria-hidden /> Clear
        </Button>
      </div>
      {shown.length === 0 ? (
        <p className="py-8 text-center text-[13px] text-ink-faint">
          {entries.length === 0 ? 'Nothing has run yet.' : 'Nothing matches.'}
        </p>
      ) : (
        <ul className="grid gap-0.5" aria-label="Queries that ran">
          {shown.map((one) => (
            <li key={one.expr} className="flex items-start gap-1 rounded-md hover:bg-sunken">
              <Button
                variant="ghost"
                size="icon"
                aria-label={one.starred ? `Unstar ${one.expr}` : `Star ${one.expr}`}
                aria-pressed={one.starred}
                onClick={() => changeHistory((all) => withStar(all, one.expr, !one.starred))}
              >
                <Star aria-hidden className={cn(one.starred && 'fill-attention-mark text-attention-mark')} />
              </Button>
              <button
                type="button"
                className="min-w-0 flex-1 rounded-md px-1 py-1.5 text-left"
                onClick={() => onPick(one.expr)}
              >
                <code className="block whitespace-pre-wrap break-words font-mono text-xs">{one.expr}</code>
                <span className="text-2xs tabular text-ink-faint" title={new Date(one.ranAtMs).toLocaleString('en-GB')}>
                  {age(nowMs - one.ranAtMs)} ago{one.runs > 1 && `, ran ${one.runs} times`}
                </span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
