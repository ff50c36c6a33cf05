'use client';

import { useQuery } from '@tanstack/react-query';
import type { ExplainView } from '../../lib/shared/dto.ts';
import { type WindowParam, windowRequest } from '../../lib/shared/window-param.ts';
import { fetchView } from './fetch-view.ts';
import { choicesKey } from './view-keys.ts';

/** Values that the filters may offer, where a screen's own answer has none. */
export function useChoices(window: WindowParam) {
  return useQuery({
    queryKey: choicesKey(window),
    queryFn: ({ signal }) =>
      fetchView<ExplainView['choices']>('/api/choices', windowRequest(window), { signal }),
    staleTime: Number.POSITIVE_INFINITY,
  }).data;
}
