'use client';

import { useQuery } from '@tanstack/react-query';
import type { StoreView } from '../../lib/shared/intake-view.ts';
import { fetchView } from './fetch-view.ts';
import { polling, pollMs } from './poll.ts';
import { storeKey } from './view-keys.ts';

/** Where data lie; watched for as long as there are none. */
export function useStore() {
  return useQuery({
    queryKey: storeKey,
    queryFn: ({ signal }) => fetchView<StoreView>('/api/store', {}, { signal }),
    refetchInterval: (query) => query.state.data?.extent == null && polling(pollMs)(query),
  });
}
