'use client';

import { useIsFetching } from '@tanstack/react-query';
import { Check, ChevronDown, RefreshCw } from 'lucide-react';
import { Button } from '#components/ui/button.tsx';
import { cn } from '#components/ui/class-names.ts';
import {
  DropdownMenu,
  DropdownMenuContent,
  DropdownMenuItem,
  DropdownMenuLabel,
  DropdownMenuTrigger,
} from '#components/ui/dropdown-menu.tsx';
import { useClock } from '#data/clock.tsx';
import { useFrameState } from '#state/frame-state.ts';
import { refreshChoices, refreshSeconds } from '#state/time-range.ts';

/** Refresh now, and how often by itself. */
export function RefreshControl() {
  const { refresh, setState } = useFrameState();
  const clock = useClock();
  const fetching = useIsFetching() > 0;
  const current = refreshSeconds(refresh) === undefined ? 'off' : refresh;
  return (
    <div className="flex">
      <Button size="icon" className="rounded-r-none" aria-label="Refresh now" onClick={clock.refresh}>
        <RefreshCw aria-hidden className={cn(fetching && 'animate-spin')} />
      </Button>
      <DropdownMenu>
        <DropdownMenuTrigger asChild>
          <Button
            className="-ml-px gap-0.5 rounded-l-none px-1.5 text-xs tabular"
            aria-label={`Refresh interval: ${current}`}
          >
            <span className="max-sm:hidden">{current}</span>
            <ChevronDown aria-hidden className="size-3.5" />
          </Button>
        </DropdownMenuTrigger>
        <DropdownMenuContent>
          <DropdownMenuLabel>Refresh every</DropdownMenuLabel>
          {refreshChoices.map((choice) => (
            <DropdownMenuItem key={choice} onSelect={() => void setState({ refresh: choice })}>
              <Check aria-hidden className={cn(choice !== current && 'invisible')} />
              {choice}
            </DropdownMenuItem>
          ))}
        </DropdownMenuContent>
      </DropdownMenu>
    </div>
  );
}
