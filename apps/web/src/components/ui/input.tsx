import type { ComponentProps } from 'react';
import { cn } from './class-names.ts';

const fieldStyle =
  'w-full rounded-md border border-line-strong bg-surface px-2.5 text-[13px] text-ink placeholder:text-ink-faint disabled:opacity-50 aria-invalid:border-bad-mark';

export function Input({ className, ...rest }: ComponentProps<'input'>) {
  return <input className={cn(fieldStyle, 'h-8', className)} {...rest} />;
}

export function Textarea({ className, ...rest }: ComponentProps<'textarea'>) {
  return <textarea className={cn(fieldStyle, 'min-h-20 py-2', className)} {...rest} />;
}

/** The browser's own select: works by keyboard and on a phone as everywhere. */
export function Select({ className, ...rest }: ComponentProps<'select'>) {
  return <select className={cn(fieldStyle, 'h-8 pr-7', className)} {...rest} />;
}

export function Label({ className, ...rest }: ComponentProps<'label'>) {
  // biome-ignore lint/a11y/noLabelWithoutControl: the caller gives htmlFor or a control as child
  return <label className={cn('grid gap-1 text-xs font-medium text-ink-soft', className)} {...rest} />;
}
