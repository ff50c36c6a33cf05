'use client';

import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { brushText } from '../../lib/shared/brush-param.ts';
import type { ExplainFilter } from '../../lib/shared/dto.ts';
import type { Brush, BrushView, PatternView } from '../../lib/shared/pattern-view.ts';
import { isMoving, type WindowParam, windowRequest } from '../../lib/shared/window-param.ts';
import { fetchView } from './fetch-view.ts';
import { polling, slowPollMs } from './poll.ts';
import { brushKey, patternKey } from './view-keys.ts';

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

/** A part of the heatmap beside the rest. */
export function useBrush(window: WindowParam, filter: ExplainFilter, brush: Brush) {
  return useQuery({
    queryKey: brushKey(window, filter, brush),
    queryFn: ({ signal }) =>
      fetchView<BrushView>(
        '/api/pattern/brush',
        { ...windowRequest(window), ...filter, brush: brushText(brush) },
        { signal },
      ),
    placeholderData: keepPreviousData,
  });
}
