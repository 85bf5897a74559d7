import type { Metadata, Viewport } from 'next';
import { headers } from 'next/headers';
import type { ReactNode } from 'react';
import { Providers } from '#frame/providers.tsx';
import './globals.css';

export const metadata: Metadata = {
  title: { default: 'Binnacle', template: '%s · Binnacle' },
  robots: { index: false },
};
export const viewport: Viewport = {
  width: 'device-width',
  initialScale: 1,
  themeColor: [
    { media: '(prefers-color-scheme: light)', color: '#ffffff' },
    { media: '(prefers-color-scheme: dark)', color: '#141a22' },
  ],
};

export default async function RootLayout({ children }: { children: ReactNode }) {
  const nonce = (await headers()).get('x-nonce') ?? undefined;
  return (
    <html lang="en" suppressHydrationWarning>
      <body className="bg-canvas antialiased">
        <Providers nonce={nonce} startMs={Date.now()}>
          {children}
        </Providers>
      </body>
    </html>
  );
}
