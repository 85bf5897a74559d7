'use client';

import { PanelLeftClose, PanelLeftOpen } from 'lucide-react';
import Link from 'next/link';
import { usePathname } from 'next/navigation';
import { Button } from '#components/ui/button.tsx';
import { cn } from '#components/ui/class-names.ts';
import { Tooltip } from '#components/ui/tooltip.tsx';
import { useCluster } from '#data/cluster.ts';
import { useAlerts } from '#data/hooks.ts';
import { useFrameHref } from '#state/frame-state.ts';
import { alertPage, ofCluster, severityOf } from './alert-pages.ts';
import { Logo } from './logo.tsx';
import { navigation } from './navigation-items.ts';

/** The four groups of pages; a dot where something fires. */
export function Navigation({ collapsed = false, onNavigate }: { collapsed?: boolean; onNavigate?: () => void }) {
  const pathname = usePathname();
  const href = useFrameHref();
  const { name } = useCluster();
  const alerts = useAlerts();
  const firing = (alerts.data ?? []).filter((alert) => alert.state === 'firing' && ofCluster(alert, name));

  return (
    <nav aria-label="Pages" className="flex flex-col gap-3 px-2 pb-4">
      {navigation.map((group) => (
        <div key={group.title ?? 'top'}>
          {group.title !== null &&
            (collapsed ? (
              <div aria-hidden className="mx-2 mb-1 border-t border-line" />
            ) : (
              <div className="px-2 pb-1 text-2xs font-medium text-ink-faint">{group.title}</div>
            ))}
          <ul>
            {group.items.map((item) => {
              const active = pathname === item.path || (item.path !== '/' && pathname.startsWith(`${item.path}/`));
              const here = firing.filter((alert) => (item.path === '/alerts' ? true : alertPage(alert) === item.path));
              const critical = here.some((alert) => severityOf(alert) === 'critical');
              const link = (
                <Link
                  href={href(item.path)}
                  prefetch={false}
                  onClick={onNavigate}
                  aria-current={active ? 'page' : undefined}
                  aria-label={here.length > 0 ? `${item.title}, ${here.length} firing` : item.title}
                  className={cn(
                    'relative flex h-8 items-center gap-2.5 rounded-md px-2 text-[13px] font-medium text-ink-soft hover:bg-sunken hover:text-ink',
                    active && 'bg-accent-soft text-ink',
                    collapsed && 'justify-center',
                  )}
                >
                  <item.icon aria-hidden className={cn('size-4 shrink-0', active ? 'text-accent' : 'text-ink-faint')} />
                  {!collapsed && <span className="min-w-0 flex-1 truncate">{item.title}</span>}
                  {here.length > 0 && (
                    <span
                      aria-hidden
                      data-firing={here.length}
                      className={cn(
                        'rounded-full',
                        critical ? 'bg-bad-mark' : 'bg-attention-mark',
                        collapsed ? 'absolute right-1 top-1 size-2' : 'size-2',
                      )}
                    />
                  )}
                </Link>
              );
              return <li key={item.path}>{collapsed ? <Tooltip text={item.title}>{link}</Tooltip> : link}</li>;
            })}
          </ul>
        </div>
      ))}
    </nav>
  );
}

/** The navigation of wide screens, which folds to icons. */
export function Sidebar({ collapsed, onCollapse }: { collapsed: boolean; onCollapse: (collapsed: boolean) => void }) {
  return (
    <aside
      className={cn(
        'sticky top-0 hidden h-dvh shrink-0 flex-col overflow-y-auto border-r border-line bg-surface md:flex',
        collapsed ? 'w-14' : 'w-52',
      )}
    >
      <div className={cn('flex h-13 shrink-0 items-center gap-2 px-3.5', collapsed && 'justify-center px-0')}>
        <Logo className="size-6 shrink-0 text-accent" />
        {!collapsed && <span className="text-[15px] font-semibold tracking-tight">Binnacle</span>}
      </div>
      <div className="flex-1">
        <Navigation collapsed={collapsed} />
      </div>
      <div className={cn('p-2', collapsed && 'flex justify-center')}>
        <Button
          variant="ghost"
          size="icon"
          aria-label={collapsed ? 'Expand navigation' : 'Collapse navigation'}
          aria-expanded={!collapsed}
          onClick={() => onCollapse(!collapsed)}
        >
          {collapsed ? <PanelLeftOpen aria-hidden /> : <PanelLeftClose aria-hidden />}
        </Button>
      </div>
    </aside>
  );
}
