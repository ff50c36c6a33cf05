'use client';

import { useQuery } from '@tanstack/react-query';
import type { ExplainFilter, ExplainView } from '../../lib/shared/dto.ts';
import { isUncounted } from '../../lib/shared/is-uncounted.ts';
import { isMoving, type WindowParam, windowRequest } from '../../lib/shared/window-param.ts';
import { fetchView } from './fetch-view.ts';
import { polling, pollMs } from './poll.ts';
import { type ExplainPanel, explainKey, explainQuery } from './view-keys.ts';

/** What was shown before stays, but for nothing at all: else a first log would begin with “nothing happened”. */
const keepCounted = (before: ExplainView | undefined): ExplainView | undefined =>
  before && isUncounted(before.ledger) ? undefined : before;

/** The explanation of a window; a relative one is asked for again as time goes on. */
export function useExplain(
  window: WindowParam,
  filter: ExplainFilter,
  panel: ExplainPanel = 'overview',
) {
  return useQuery<ExplainView>({
    queryKey: explainKey(window, filter, panel),
    queryFn: ({ signal }) =>
      fetchView<ExplainView>(
        '/api/explain',
        { ...windowRequest(window), ...explainQuery(filter, panel) },
        { signal },
      ),
    placeholderData: keepCounted,
    refetchInterval: polling(pollMs, isMoving(window)),
  });
}
