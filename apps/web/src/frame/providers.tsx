'use client';

import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { ThemeProvider } from 'next-themes';
import { NuqsAdapter } from 'nuqs/adapters/next/app';
import { type ReactNode, useState } from 'react';
import { TooltipProvider } from '#components/ui/tooltip.tsx';
import { ClockProvider } from '#data/clock.tsx';
import { GatewayError } from '#data/gateway-error.ts';

/** Theme, URL state, queries and the shared clock. */
export function Providers({
  children,
  nonce,
  startMs,
}: {
  children: ReactNode;
  nonce: string | undefined;
  startMs: number;
}) {
  const [client] = useState(
    () =>
      new QueryClient({
        defaultOptions: {
          queries: {
            staleTime: 4_000,
            gcTime: 60_000,
            refetchOnWindowFocus: false,
            // What the gateway refused it will refuse again; what it could not do now it may do in a moment.
            retry: (count, error) =>
              count < 1 && error instanceof GatewayError && (error.status === 0 || error.status >= 502),
            retryDelay: 800,
          },
        },
      }),
  );
  return (
    <ThemeProvider
      attribute="class"
      defaultTheme="system"
      enableSystem
      disableTransitionOnChange
      {...(nonce === undefined ? {} : { nonce })}
    >
      <NuqsAdapter>
        <QueryClientProvider client={client}>
          <ClockProvider startMs={startMs}>
            <TooltipProvider delayDuration={300}>{children}</TooltipProvider>
          </ClockProvider>
        </QueryClientProvider>
      </NuqsAdapter>
    </ThemeProvider>
  );
}
