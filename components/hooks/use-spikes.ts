'use client';

import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { ExplainFilter } from '../../lib/shared/dto.ts';
import type { SpikeDetail, SpikesView } from '../../lib/shared/spike-view.ts';
import { isMoving, type WindowParam, windowRequest } from '../../lib/shared/window-param.ts';
import { fetchView } from './fetch-view.ts';
import { polling, slowPollMs } from './poll.ts';
import { spikeKey, spikesKey } from './view-keys.ts';

/** The spikes of a window; a relative one is asked for again as time goes on. */
export function useSpikes(window: WindowParam, filter: ExplainFilter) {
  return useQuery({
    queryKey: spikesKey(window, filter),
    queryFn: ({ signal }) =>
      fetchView<SpikesView>('/api/spikes', { ...windowRequest(window), ...filter }, { signal }),
    placeholderData: keepPreviousData,
    refetchInterval: polling(slowPollMs, isMoving(window)),
  });
}

/** One spike taken apart. Late data may still change it, so a new visit asks anew. */
export function useSpike(id: string, filter: ExplainFilter) {
  const { key, workspace } = filter;
  return useQuery({
    queryKey: spikeKey(id, filter),
    queryFn: ({ signal }) =>
      fetchView<SpikeDetail>(
        `/api/spikes/${encodeURIComponent(id)}`,
        { key, workspace },
        { signal },
      ),
  });
}
