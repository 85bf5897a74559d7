import { cva, type VariantProps } from 'class-variance-authority';
import { Slot } from 'radix-ui';
import type { ComponentProps } from 'react';
import { cn } from './class-names.ts';

const buttonStyle = cva(
  'inline-flex shrink-0 items-center justify-center gap-1.5 whitespace-nowrap rounded-md text-[13px] font-medium transition-colors disabled:opacity-50 [&_svg]:size-4 [&_svg]:shrink-0',
  {
    variants: {
      variant: {
        primary: 'bg-accent text-accent-ink hover:bg-accent/90',
        outline: 'border border-line bg-surface text-ink-soft hover:bg-sunken hover:text-ink',
        ghost: 'text-ink-soft hover:bg-sunken hover:text-ink',
        danger: 'bg-bad-mark text-white hover:bg-bad-mark/90',
      },
      size: { medium: 'h-8 px-3', small: 'h-7 px-2', icon: 'size-8', iconSmall: 'size-6 [&_svg]:size-3.5' },
    },
    defaultVariants: { variant: 'outline', size: 'medium' },
  },
);

/** A button; `asChild` gives its looks to a link. */
export function Button({
  className,
  variant,
  size,
  asChild = false,
  ...rest
}: ComponentProps<'button'> & VariantProps<typeof buttonStyle> & { asChild?: boolean }) {
  const Component = asChild ? Slot.Root : 'button';
  return (
    <Component
      className={cn(buttonStyle({ variant, size }), className)}
      {...(asChild ? {} : { type: 'button' })}
      {...rest}
    />
  );
}
