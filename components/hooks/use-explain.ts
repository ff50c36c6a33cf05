'use client';

import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { ExplainFilter, ExplainView } from '../../lib/shared/dto.ts';
import { isMoving, type WindowParam, windowRequest } from '../../lib/shared/window-param.ts';
import { fetchView } from './fetch-view.ts';
import { polling, pollMs } from './poll.ts';
import { type ExplainPanel, explainKey, explainQuery } from './view-keys.ts';

/** The explanation of a window; a relative one is asked for again as time goes on. */
export function useExplain(
  window: WindowParam,
  filter: ExplainFilter,
  panel: ExplainPanel = 'overview',
) {
  return useQuery({
    queryKey: explainKey(window, filter, panel),
    queryFn: ({ signal }) =>
      fetchView<ExplainView>(
        '/api/explain',
        { ...windowRequest(window), ...explainQuery(filter, panel) },
        { signal },
      ),
    placeholderData: keepPreviousData,
    refetchInterval: polling(pollMs, isMoving(window)),
  });
}
