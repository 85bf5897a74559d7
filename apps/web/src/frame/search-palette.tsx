'use client';

import { useQuery } from '@tanstack/react-query';
import { Command } from 'cmdk';
import { Bell, Boxes, ChartLine, Cpu, MonitorSmartphone, Search, Server, Wrench } from 'lucide-react';
import { useRouter } from 'next/navigation';
import { type ReactNode, useEffect, useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { Dialog, DialogContent } from '#components/ui/dialog.tsx';
import { useCluster } from '#data/cluster.ts';
import { useAlerts } from '#data/hooks.ts';
import { listLabelValues, listSeries } from '#data/prometheus.ts';
import { useFrameHref } from '#state/frame-state.ts';
import { alertTitle, ofCluster } from './alert-pages.ts';
import { pages } from './navigation-items.ts';
import { type SearchItem, searchItems } from './search-items.ts';

const telling = [
  'DCGM_FI_DEV_GPU_UTIL',
  'binnacle_queue_info',
  'vllm:num_requests_running',
  'binnacle_mcp_tool_tokens',
];
const groups = ['Nodes', 'GPUs', 'Queues', 'Deployments', 'Tools', 'Metrics'] as const;
const icons: Record<SearchItem['group'], ReactNode> = {
  Nodes: <Server aria-hidden />,
  GPUs: <Cpu aria-hidden />,
  Queues: <Boxes aria-hidden />,
  Deployments: <MonitorSmartphone aria-hidden />,
  Tools: <Wrench aria-hidden />,
  Metrics: <ChartLine aria-hidden />,
};
const itemClass =
  'flex cursor-default items-center gap-2 rounded-md px-2 py-1.5 text-[13px] data-[selected=true]:bg-accent-soft [&_svg]:size-4 [&_svg]:shrink-0 [&_svg]:text-ink-faint';
const groupClass =
  '[&_[cmdk-group-heading]]:px-2 [&_[cmdk-group-heading]]:py-1 [&_[cmdk-group-heading]]:text-2xs [&_[cmdk-group-heading]]:text-ink-faint';

/** cmd-K: pages, nodes, GPUs, queues, deployments, tools, alerts and metric names. */
export function SearchPalette() {
  const [open, setOpen] = useState(false);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() === 'k' && (event.metaKey || event.ctrlKey)) {
        event.preventDefault();
        setOpen((was) => !was);
      }
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, []);
  return (
    <>
      <Button
        aria-label="Search ⌘K"
        aria-keyshortcuts="Control+K Meta+K"
        className="max-lg:w-8 max-lg:px-0 lg:w-44 lg:justify-start"
        onClick={() => setOpen(true)}
      >
        <Search aria-hidden />
        <span className="flex-1 text-left font-normal text-ink-faint max-lg:hidden">Search</span>
        <kbd className="rounded border border-line px-1 font-sans text-2xs text-ink-faint max-lg:hidden">⌘K</kbd>
      </Button>
      <Dialog open={open} onOpenChange={setOpen}>
        {open && (
          <DialogContent title="Search" hideTitle className="overflow-hidden p-0">
            <Palette onDone={() => setOpen(false)} />
          </DialogContent>
        )}
      </Dialog>
    </>
  );
}

/** Every word must occur; a name that begins with the first word stands before one that holds it. */
function everyWord(value: string, search: string): number {
  const text = value.toLowerCase();
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.every((word) => text.includes(word))) return 0;
  const at = text.indexOf(words[0] ?? '');
  return at === 0 || text[at - 1] === ' ' ? 1 : 0.5;
}

function Palette({ onDone }: { onDone: () => void }) {
  const router = useRouter();
  const href = useFrameHref();
  const { matcher, name } = useCluster();
  const alerts = useAlerts();
  const [text, setText] = useState('');
  const things = useQuery({
    queryKey: ['search', matcher],
    queryFn: async ({ signal }) => {
      const now = Date.now();
      const range = { fromMs: now - 3600e3, toMs: now };
      const [series, metrics] = await Promise.all([
        listSeries(
          telling.map((metric) => `{__name__="${metric}",${matcher}}`),
          range,
          signal,
        ),
        listLabelValues('__name__', undefined, signal),
      ]);
      const metricItems = metrics.map(
        (metric): SearchItem => ({
          group: 'Metrics',
          title: metric,
          path: '/explore',
          parameters: { expr: `${metric}{${matcher}}` },
        }),
      );
      return [...searchItems(series), ...metricItems];
    },
    enabled: matcher !== undefined,
    staleTime: 60_000,
  });
  const go = (path: string, parameters: Readonly<Record<string, string>> = {}) => {
    onDone();
    router.push(href(path, parameters));
  };
  const firing = (alerts.data ?? []).filter((alert) => alert.state === 'firing' && ofCluster(alert, name));

  return (
    <Command label="Search" loop filter={everyWord}>
      <div className="flex items-center gap-2 border-b border-line px-3">
        <Search aria-hidden className="size-4 text-ink-faint" />
        <Command.Input
          autoFocus
          value={text}
          onValueChange={setText}
          placeholder="Page, node, GPU, queue, deployment, tool, alert, metric"
          className="h-11 flex-1 bg-transparent text-sm outline-none placeholder:text-ink-faint"
        />
      </div>
      <Command.List className="max-h-[55vh] overflow-y-auto p-2">
        <Command.Empty className="px-2 py-6 text-center text-[13px] text-ink-faint">
          {things.isLoading ? 'Looking…' : 'Nothing has that name.'}
        </Command.Empty>
        <Command.Group heading="Pages" className={groupClass}>
          {pages.map((page) => (
            <Command.Item
              key={page.path}
              value={`page ${page.title}`}
              onSelect={() => go(page.path)}
              className={itemClass}
            >
              <page.icon aria-hidden /> {page.title}
            </Command.Item>
          ))}
        </Command.Group>
        {firing.length > 0 && (
          <Command.Group heading="Firing alerts" className={groupClass}>
            {firing.map((alert, i) => {
              const key = JSON.stringify(alert.labels);
              return (
                <Command.Item
                  key={key}
                  value={`alert ${alertTitle(alert)} ${i}`}
                  onSelect={() => go('/alerts')}
                  className={itemClass}
                >
                  <Bell aria-hidden /> <span className="truncate">{alertTitle(alert)}</span>
                </Command.Item>
              );
            })}
          </Command.Group>
        )}
        {/* Hundreds of GPUs and metrics only once something was typed. */}
        {groups.map((group) => {
          const items = (things.data ?? []).filter(
            (item) => item.group === group && (text !== '' || (group !== 'GPUs' && group !== 'Metrics')),
          );
          return items.length === 0 ? null : (
            <Command.Group key={group} heading={group} className={groupClass}>
              {items.map((item) => (
                <Command.Item
                  key={item.title}
                  value={`${group} ${item.title}`}
                  onSelect={() => go(item.path, item.parameters)}
                  className={itemClass}
                >
                  {icons[group]} <span className="truncate">{item.title}</span>
                </Command.Item>
              ))}
            </Command.Group>
          );
        })}
      </Command.List>
    </Command>
  );
}
