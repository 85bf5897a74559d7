'use client';

import { Tooltip as Base } from 'radix-ui';
import type { ReactNode } from 'react';

export const TooltipProvider = Base.Provider;

/** A short explanation on hover and focus. The child must be focusable. */
export function Tooltip({ text, children }: { text: ReactNode; children: ReactNode }) {
  return (
    <Base.Root>
      <Base.Trigger asChild>{children}</Base.Trigger>
      <Base.Portal>
        <Base.Content
          sideOffset={4}
          collisionPadding={8}
          className="z-50 max-w-72 rounded-md border border-line bg-raised px-2 py-1 text-xs text-ink shadow-lg"
        >
          {text}
        </Base.Content>
      </Base.Portal>
    </Base.Root>
  );
}
