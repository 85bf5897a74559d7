'use client';

import { X } from 'lucide-react';
import { Button } from '#components/ui/button.tsx';
import { StatusBadge } from '#components/ui/status.tsx';
import type { ChannelTest } from '#data/app-answers.ts';
import { format } from '#format/units.ts';

/** What the gateway sent and what came back, without the address and the signature. */
export function TestResult({ result, onClose }: { result: ChannelTest; onClose: () => void }) {
  return (
    <div role="status" className="min-w-0 rounded-md bg-sunken p-2.5 text-[13px]">
      <div className="flex items-start gap-2">
        <StatusBadge status={result.ok ? 'ok' : 'bad'}>{result.ok ? 'delivered' : 'not delivered'}</StatusBadge>
        <p className="min-w-0 flex-1 text-ink-soft [overflow-wrap:anywhere]">
          {result.status === null ? 'No answer' : `Status ${result.status}`} after{' '}
          {format(result.durationMs, 'milliseconds')}
          {result.reason !== null && `. ${result.reason}`}
        </p>
        <Button variant="ghost" size="iconSmall" aria-label="Close the result of the test" onClick={onClose}>
          <X aria-hidden />
        </Button>
      </div>
      <Text title="Request" text={result.request === '' ? 'Nothing was sent.' : pretty(result.request)} />
      <Text
        title="Answer"
        text={result.answer !== '' ? result.answer : result.status === null ? 'None came.' : 'Empty.'}
      />
    </div>
  );
}

function pretty(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}

function Text({ title, text }: { title: string; text: string }) {
  return (
    <details className="mt-1.5" open={title === 'Answer'}>
      <summary className="text-xs font-medium text-ink-soft">{title}</summary>
      <pre
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
        tabIndex={0}
        className="mt-1 max-h-56 overflow-auto whitespace-pre-wrap rounded bg-surface p-2 font-mono text-2xs [overflow-wrap:anywhere]"
      >
        {text}
      </pre>
    </details>
  );
}
