import { cookies } from 'next/headers';
import { redirect } from 'next/navigation';
import type { ReactNode } from 'react';
import { currentPrincipal } from '#auth/authorize.ts';
import { AppFrame } from '#frame/app-frame.tsx';

export default async function ViewsLayout({ children }: { children: ReactNode }) {
  const principal = await currentPrincipal();
  if (principal === undefined) redirect('/sign-in');
  const collapsed = (await cookies()).get('binnacle-navigation')?.value === 'collapsed';
  const account =
    principal.kind === 'person'
      ? ({ kind: 'person', name: principal.name, role: principal.role } as const)
      : ({ kind: 'local', name: 'This machine', role: 'admin' } as const);
  return (
    <AppFrame account={account} collapsed={collapsed}>
      {children}
    </AppFrame>
  );
}
