'use client';

import { X } from 'lucide-react';
import { Dialog as Base } from 'radix-ui';
import type { ComponentProps, ReactNode } from 'react';
import { Button } from './button.tsx';
import { cn } from './class-names.ts';

export const Dialog = Base.Root;
export const DialogTrigger = Base.Trigger;
export const DialogClose = Base.Close;

/** A modal with a title; `side` makes it a drawer, `hideTitle` keeps the title for screen readers only. */
export function DialogContent({
  title,
  description,
  hideTitle = false,
  side,
  className,
  children,
  ...rest
}: Omit<ComponentProps<typeof Base.Content>, 'title'> & {
  title: string;
  description?: ReactNode;
  hideTitle?: boolean;
  side?: 'left' | 'right';
}) {
  return (
    <Base.Portal>
      <Base.Overlay className="fixed inset-0 z-40 bg-black/40" />
      <Base.Content
        {...(description === undefined ? { 'aria-describedby': undefined } : {})}
        className={cn(
          'fixed z-50 border border-line bg-raised text-ink shadow-xl outline-none',
          side === undefined &&
            'left-1/2 top-[12vh] max-h-[76vh] w-[min(640px,calc(100vw-24px))] -translate-x-1/2 overflow-auto rounded-xl',
          side === 'left' && 'inset-y-0 left-0 w-72 max-w-[85vw] overflow-auto border-y-0 border-l-0',
          side === 'right' && 'inset-y-0 right-0 w-[520px] max-w-full overflow-auto border-y-0 border-r-0',
          className,
        )}
        {...rest}
      >
        <div className={cn('flex items-start justify-between gap-3 px-4 pt-4', hideTitle && 'sr-only')}>
          <div>
            <Base.Title className="text-base font-semibold">{title}</Base.Title>
            {description !== undefined && (
              <Base.Description className="mt-1 text-ink-soft">{description}</Base.Description>
            )}
          </div>
          <Base.Close asChild>
            <Button variant="ghost" size="icon" aria-label="Close">
              <X />
            </Button>
          </Base.Close>
        </div>
        {children}
      </Base.Content>
    </Base.Portal>
  );
}
