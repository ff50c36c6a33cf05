'use client';

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { SandboxView } from '../../lib/shared/dto.ts';
import { fetchView, postView } from './fetch-view.ts';
import { polling, pollMs } from './poll.ts';
import { revocationKey, sandboxKey } from './view-keys.ts';

const queryKey = sandboxKey;

/** Whether the data is the sandbox's, and its clock. */
export function useSandbox() {
  return useQuery({
    queryKey,
    queryFn: ({ signal }) => fetchView<SandboxView>('/api/sandbox', {}, { signal }),
    refetchInterval: polling(pollMs),
  });
}

export function useSetSpeed() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (speed: number) => postView<SandboxView>('/api/sandbox/clock', { speed }),
    onSuccess: async (view) => {
      await client.cancelQueries({ queryKey });
      client.setQueryData(queryKey, view);
      await client.invalidateQueries({ queryKey: revocationKey });
    },
  });
}

/** Asks for a sandbox; `useSandbox` says when it runs. */
export function useStartSandbox() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => postView<SandboxView>('/api/sandbox/start', {}),
    onSettled: () => client.invalidateQueries({ queryKey }),
  });
}
