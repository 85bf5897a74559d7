'use client';

import { CircleCheck, Plug } from 'lucide-react';
import { useAbsence } from '#data/use-absence.ts';
import type { Guide } from './guide.ts';

/** Says why there is nothing, and how to connect a source where that would help. */
export function EmptyState({
  metrics,
  guide,
  good,
}: {
  metrics: readonly string[];
  guide: Guide;
  good?: string | undefined;
}) {
  const absence = useAbsence(metrics, guide.receivers, true);
  if (good !== undefined && absence.kind === 'not_in_range') {
    return (
      <div className="m-auto flex items-center gap-2 py-4 text-[13px] text-ink-soft">
        <CircleCheck aria-hidden className="size-4 text-ok" /> {good}
      </div>
    );
  }
  return (
    <div
      data-absence={absence.kind}
      className="hatched m-auto flex w-full flex-1 flex-col items-center justify-center rounded-md p-4"
    >
      <div className="max-w-full rounded-md bg-surface px-3 py-2 text-center">
        <p className="text-[13px] text-ink-soft">{absence.text}</p>
        {absence.connect && (
          <details className="mt-2 text-left">
            <summary className="mx-auto flex w-fit items-center gap-1.5 rounded text-[13px] font-medium text-accent">
              <Plug aria-hidden className="size-4" /> How to connect
            </summary>
            <GuideText guide={guide} />
          </details>
        )}
      </div>
    </div>
  );
}

/** The steps, the configuration lines and the command. */
export function GuideText({ guide }: { guide: Guide }) {
  return (
    <div className="mt-2 grid min-w-0 gap-2 text-[13px] text-ink-soft">
      <p>
        To see {guide.see}: {guide.steps}
      </p>
      <Code>{guide.yaml}</Code>
      <Code>{guide.command}</Code>
    </div>
  );
}

function Code({ children }: { children: string }) {
  return (
    <pre
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
      tabIndex={0}
      className="max-w-full overflow-x-auto rounded-md bg-sunken p-2.5 font-mono text-xs leading-5 text-ink"
    >
      {children}
    </pre>
  );
}
