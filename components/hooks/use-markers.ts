'use client';

import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { ExplainFilter } from '../../lib/shared/dto.ts';
import type { MarkersView } from '../../lib/shared/markers-view.ts';
import { isMoving, type WindowParam, windowRequest } from '../../lib/shared/window-param.ts';
import { fetchView } from './fetch-view.ts';
import { polling, slowPollMs } from './poll.ts';

/** What charts mark in a window. */
export function useMarkers(window: WindowParam, filter: ExplainFilter) {
  return useQuery({
    queryKey: ['markers', window, filter],
    queryFn: ({ signal }) =>
      fetchView<MarkersView>('/api/markers', { ...windowRequest(window), ...filter }, { signal }),
    placeholderData: keepPreviousData,
    refetchInterval: polling(slowPollMs, isMoving(window)),
  }).data?.markers;
}
