import { cookies } from 'next/headers';
import type { ReactNode } from 'react';
import { AppFrame } from '#frame/app-frame.tsx';

export default async function ViewsLayout({ children }: { children: ReactNode }) {
  const collapsed = (await cookies()).get('binnacle-navigation')?.value === 'collapsed';
  return (
    <AppFrame account={{ kind: 'local', name: 'This machine', role: 'admin' }} collapsed={collapsed}>
      {children}
    </AppFrame>
  );
}
