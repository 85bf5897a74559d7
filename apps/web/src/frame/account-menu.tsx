'use client';

import { CircleUser, LogOut } from 'lucide-react';
import { Button } from '#components/ui/button.tsx';
import {
  DropdownMenu,
  DropdownMenuContent,
  DropdownMenuItem,
  DropdownMenuLabel,
  DropdownMenuTrigger,
} from '#components/ui/dropdown-menu.tsx';

export interface Account {
  readonly kind: 'local' | 'person';
  readonly name: string;
  readonly role: string;
}

/** Who one is here. On loopback there is no login, and the menu says so. */
export function AccountMenu({ account }: { account: Account }) {
  const signOut = async () => {
    await fetch('/api/auth/sign-out', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' });
    window.location.assign('/sign-in');
  };
  return (
    <DropdownMenu>
      <DropdownMenuTrigger asChild>
        <Button variant="ghost" size="icon" aria-label="Account">
          <CircleUser aria-hidden />
        </Button>
      </DropdownMenuTrigger>
      <DropdownMenuContent className="max-w-64">
        <DropdownMenuLabel>
          <span className="block truncate text-[13px] text-ink">{account.name}</span>
          <span className="font-normal">
            {account.kind === 'local' ? 'Only this machine can reach this page, so nobody signs in.' : account.role}
          </span>
        </DropdownMenuLabel>
        {account.kind === 'person' && (
          <DropdownMenuItem onSelect={() => void signOut()}>
            <LogOut aria-hidden /> Sign out
          </DropdownMenuItem>
        )}
      </DropdownMenuContent>
    </DropdownMenu>
  );
}
