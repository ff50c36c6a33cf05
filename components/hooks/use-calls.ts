'use client';

import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import type { CallsView } from '../../lib/shared/dto.ts';
import { isMoving, type WindowParam, windowRequest } from '../../lib/shared/window-param.ts';
import { fetchView } from './fetch-view.ts';
import { pollAfter, pollMs } from './poll.ts';
import type { CallFilters } from './url-params.ts';
import { callsKey } from './view-keys.ts';

/** Calls page by page. Only a single page follows the clock: more would shift as one reads. */
export function useCalls(window: WindowParam, filters: CallFilters) {
  return useInfiniteQuery({
    queryKey: callsKey(window, filters),
    queryFn: ({ pageParam, signal }) =>
      fetchView<CallsView>(
        '/api/calls',
        { ...windowRequest(window), ...filters, cursor: pageParam },
        { signal },
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.nextCursor,
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) =>
      isMoving(window) && (state.data?.pages.length ?? 0) <= 1 && pollAfter(pollMs, state),
  });
}
