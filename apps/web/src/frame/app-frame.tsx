'use client';

import { Menu } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { Dialog, DialogContent, DialogTrigger } from '#components/ui/dialog.tsx';
import { type Account, AccountMenu } from './account-menu.tsx';
import { ClusterPicker } from './cluster-picker.tsx';
import { Logo } from './logo.tsx';
import { Navigation, Sidebar } from './navigation.tsx';
import { RefreshControl } from './refresh-control.tsx';
import { SearchPalette } from './search-palette.tsx';
import { ThemeToggle } from './theme-toggle.tsx';
import { TimePicker } from './time-picker.tsx';

/** Navigation left (a drawer on a phone), the controls that all pages share on top, the page below. */
export function AppFrame({
  account,
  collapsed: initial,
  children,
}: {
  account: Account;
  collapsed: boolean;
  children: ReactNode;
}) {
  const [collapsed, setCollapsed] = useState(initial);
  const [drawer, setDrawer] = useState(false);
  const collapse = (next: boolean) => {
    setCollapsed(next);
    // biome-ignore lint/suspicious/noDocumentCookie: read by the server, so that the first paint has the right width
    document.cookie = `binnacle-navigation=${next ? 'collapsed' : 'open'};path=/;max-age=31536000;samesite=lax`;
  };
  return (
    <div className="flex min-h-dvh">
      <a
        href="#page"
        className="sr-only z-50 rounded bg-accent px-3 py-2 text-accent-ink focus:not-sr-only focus:fixed focus:left-2 focus:top-2"
      >
        Skip to the page
      </a>
      <Sidebar collapsed={collapsed} onCollapse={collapse} />
      <div className="flex min-w-0 flex-1 flex-col">
        <header className="sticky top-0 z-30 flex flex-wrap items-center gap-x-2 gap-y-1.5 border-b border-line bg-surface px-3 py-2 md:h-13 md:flex-nowrap md:px-5">
          <Dialog open={drawer} onOpenChange={setDrawer}>
            <DialogTrigger asChild>
              <Button variant="ghost" size="icon" className="md:hidden" aria-label="Open navigation">
                <Menu aria-hidden />
              </Button>
            </DialogTrigger>
            <DialogContent title="Binnacle" side="left">
              <div className="pt-3">
                <Navigation onNavigate={() => setDrawer(false)} />
              </div>
            </DialogContent>
          </Dialog>
          <Logo className="size-6 shrink-0 text-accent md:hidden" />
          <ClusterPicker />
          <div className="flex-1" />
          <SearchPalette />
          <div className="flex items-center gap-2 max-md:order-last max-md:w-full max-md:justify-end">
            <TimePicker />
            <RefreshControl />
          </div>
          <div className="flex items-center">
            <ThemeToggle />
            <AccountMenu account={account} />
          </div>
        </header>
        <main id="page" className="mx-auto w-full min-w-0 max-w-[1760px] flex-1 px-3 py-4 md:px-5">
          {children}
        </main>
      </div>
    </div>
  );
}
