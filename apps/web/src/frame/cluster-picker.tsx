'use client';

import { Check, ChevronDown, Server } from 'lucide-react';
import { Button } from '#components/ui/button.tsx';
import { cn } from '#components/ui/class-names.ts';
import {
  DropdownMenu,
  DropdownMenuContent,
  DropdownMenuItem,
  DropdownMenuLabel,
  DropdownMenuTrigger,
} from '#components/ui/dropdown-menu.tsx';
import { clusterLabel, useCluster } from '#data/cluster.ts';
import { useFrameState } from '#state/frame-state.ts';

/** Which cluster the pages show, and whether it is the demo. */
export function ClusterPicker() {
  const { setState } = useFrameState();
  const { clusters, name, demo, none } = useCluster();
  const text = name === undefined ? (none ? 'No cluster' : '…') : clusterLabel(name);
  return (
    <div className="flex min-w-0 items-center gap-2">
      <DropdownMenu>
        <DropdownMenuTrigger asChild>
          <Button aria-label={`Cluster: ${text}`} className="min-w-0">
            <Server aria-hidden />
            <span className="truncate">{text}</span>
            <ChevronDown aria-hidden className="text-ink-faint" />
          </Button>
        </DropdownMenuTrigger>
        <DropdownMenuContent align="start">
          <DropdownMenuLabel>Cluster</DropdownMenuLabel>
          {(clusters ?? []).map((cluster) => (
            <DropdownMenuItem key={cluster.name} onSelect={() => void setState({ cluster: cluster.name })}>
              <Check aria-hidden className={cn(cluster.name !== name && 'invisible')} />
              <span className="min-w-0 flex-1 truncate">{clusterLabel(cluster.name)}</span>
              <span className="pl-4 text-xs tabular text-ink-faint">{cluster.series} series</span>
            </DropdownMenuItem>
          ))}
          {none && <div className="px-2 py-1.5 text-[13px] text-ink-soft">No source has sent anything yet.</div>}
        </DropdownMenuContent>
      </DropdownMenu>
      {demo && (
        <span
          data-demo
          title="Simulated numbers behind real protocols. Start with --no-demo to leave them out."
          className="rounded border border-attention-mark bg-attention-wash px-1.5 py-0.5 text-2xs font-bold tracking-wide text-attention"
        >
          DEMO
        </span>
      )}
    </div>
  );
}
