'use client';

import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { ExplainFilter } from '../../lib/shared/dto.ts';
import type { PatternView } from '../../lib/shared/pattern-view.ts';
import { isMoving, type WindowParam, windowRequest } from '../../lib/shared/window-param.ts';
import { fetchView } from './fetch-view.ts';
import { polling, slowPollMs } from './poll.ts';
import { patternKey } from './view-keys.ts';

/** When within the hour the KMS is asked; a relative window is asked for again as time goes on. */
export function usePattern(window: WindowParam, filter: ExplainFilter) {
  return useQuery({
    queryKey: patternKey(window, filter),
    queryFn: ({ signal }) =>
      fetchView<PatternView>('/api/pattern', { ...windowRequest(window), ...filter }, { signal }),
    placeholderData: keepPreviousData,
    refetchInterval: polling(slowPollMs, isMoving(window)),
  });
}
