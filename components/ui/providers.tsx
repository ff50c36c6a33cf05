'use client';

import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { NuqsAdapter } from 'nuqs/adapters/next/app';
import { useState } from 'react';
import { ApiError } from '../hooks/fetch-view.ts';
import { WaysBetweenPages } from '../hooks/use-go.tsx';

/** A refusal would be repeated; only silence and faults of the server are worth a second attempt. */
const mayRetry = (failures: number, error: Error): boolean =>
  failures < 1 && !(error instanceof ApiError && error.status >= 400 && error.status < 500);

export function Providers({ children }: { children: React.ReactNode }) {
  const [client] = useState(
    () =>
      new QueryClient({
        defaultOptions: {
          queries: { retry: mayRetry, retryDelay: 500, staleTime: 2_000, gcTime: 120_000 },
        },
      }),
  );
  return (
    <QueryClientProvider client={client}>
      <NuqsAdapter>
        <WaysBetweenPages>{children}</WaysBetweenPages>
      </NuqsAdapter>
    </QueryClientProvider>
  );
}
