import type { ReactNode } from 'react';

/** Head of a page: its name, the question it answers, and the answer in words and numbers. */
export function ViewHeader({
  title,
  question,
  answer,
  actions,
}: {
  title: string;
  question: string;
  answer?: ReactNode;
  actions?: ReactNode;
}) {
  return (
    <div className="mb-4 flex flex-wrap items-end gap-x-6 gap-y-2">
      <div className="min-w-0 flex-1 basis-72">
        <h1 className="text-lg font-semibold tracking-tight">{title}</h1>
        <p className="text-[13px] text-ink-faint">{question}</p>
        {answer !== undefined && (
          <div data-answer className="mt-1.5 max-w-[90ch] text-[15px] leading-6 text-ink">
            {answer}
          </div>
        )}
      </div>
      {actions}
    </div>
  );
}
