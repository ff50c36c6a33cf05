'use client';

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { RevocationView } from '../../lib/shared/dto.ts';
import { fetchView, postView } from './fetch-view.ts';
import { polling, watchMs } from './poll.ts';
import { revocationKey } from './view-keys.ts';

const queryKey = revocationKey;

/** Who holds the key, and until when. */
export function useRevocation() {
  return useQuery({
    queryKey,
    queryFn: ({ signal }) => fetchView<RevocationView>('/api/revocation', {}, { signal }),
    refetchInterval: polling(watchMs),
  });
}

/** Disables or enables a key of the sandbox. */
export function useSetKey() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: { key: string; enabled: boolean }) =>
      postView<RevocationView>('/api/sandbox/key', body),
    onSuccess: async (view) => {
      await client.cancelQueries({ queryKey });
      client.setQueryData(queryKey, view);
      await client.invalidateQueries({ queryKey: ['explain'] });
    },
  });
}
