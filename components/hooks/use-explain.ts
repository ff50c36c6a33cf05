'use client';

import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { ExplainFilter, ExplainView } from '../../lib/shared/dto.ts';
import { isMoving, type WindowParam, windowRequest } from '../../lib/shared/window-param.ts';
import { fetchView } from './fetch-view.ts';
import { polling, pollMs } from './poll.ts';
import { explainKey } from './view-keys.ts';

/** The explanation of a window; a relative one is asked for again as time goes on. */
export function useExplain(window: WindowParam, filter: ExplainFilter) {
  return useQuery({
    queryKey: explainKey(window, filter),
    queryFn: ({ signal }) =>
      fetchView<ExplainView>('/api/explain', { ...windowRequest(window), ...filter }, { signal }),
    placeholderData: keepPreviousData,
    refetchInterval: polling(pollMs, isMoving(window)),
  });
}
