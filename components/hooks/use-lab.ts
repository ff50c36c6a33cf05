'use client';

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { LabConfig, LabOrder, LabsView, LabView } from '../../lib/shared/lab/lab-view.ts';
import { fetchView, postView } from './fetch-view.ts';
import { polling, pollMs } from './poll.ts';
import { labKey, labsKey } from './view-keys.ts';

/** At 3,600 times the speed an hour passes in a second. */
const labPollMs = 1_000;

/** Whether labs can run here, and which do. */
export function useLabs() {
  return useQuery({
    queryKey: labsKey,
    queryFn: ({ signal }) => fetchView<LabsView>('/api/lab', {}, { signal }),
    refetchInterval: polling(pollMs),
  });
}

/** One lab as it is now. */
export function useLab(id: string) {
  return useQuery({
    queryKey: labKey(id),
    queryFn: ({ signal }) => fetchView<LabView>(labPath(id), {}, { signal }),
    // A lab that was ended does not come back.
    refetchInterval: (query) => query.state.data !== undefined && polling(labPollMs)(query),
    retry: false,
  });
}

export function useBeginLab() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (config: LabConfig) => postView<LabView>('/api/lab', config),
    onSuccess: (view) => {
      client.setQueryData(labKey(view.id), view);
      void client.invalidateQueries({ queryKey: labsKey });
    },
  });
}

/** Gives a lab an order; what comes of it is seen at once. */
export function useOrderLab(id: string) {
  const client = useQueryClient();
  const queryKey = labKey(id);
  return useMutation({
    mutationFn: (order: LabOrder) => postView<LabView>(labPath(id), order),
    onSuccess: async (view) => {
      await client.cancelQueries({ queryKey });
      client.setQueryData(queryKey, view);
    },
  });
}

export function useEndLab(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async () => {
      // Who asks for a lab that is being ended is told that there is none.
      await client.cancelQueries({ queryKey: labKey(id) });
      return postView<unknown>(labPath(id), { kind: 'end' });
    },
    onSuccess: () => client.invalidateQueries({ queryKey: labsKey }),
  });
}

const labPath = (id: string) => `/api/lab/${encodeURIComponent(id)}`;
