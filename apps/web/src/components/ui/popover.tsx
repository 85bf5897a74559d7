'use client';

import { Popover as Base } from 'radix-ui';
import type { ComponentProps } from 'react';
import { cn } from './class-names.ts';

export const Popover = Base.Root;
export const PopoverTrigger = Base.Trigger;

export function PopoverContent({ className, ...rest }: ComponentProps<typeof Base.Content>) {
  return (
    <Base.Portal>
      <Base.Content
        sideOffset={4}
        align="end"
        collisionPadding={8}
        className={cn('z-50 rounded-lg border border-line bg-raised p-3 text-ink shadow-lg', className)}
        {...rest}
      />
    </Base.Portal>
  );
}
