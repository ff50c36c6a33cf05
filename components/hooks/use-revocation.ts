'use client';

import { useQuery } from '@tanstack/react-query';
import type { RevocationView } from '../../lib/shared/dto.ts';
import { fetchView } from './fetch-view.ts';
import { polling, watchMs } from './poll.ts';
import { revocationKey } from './view-keys.ts';

/** Who holds the key, and until when. */
export function useRevocation() {
  return useQuery({
    queryKey: revocationKey,
    queryFn: ({ signal }) => fetchView<RevocationView>('/api/revocation', {}, { signal }),
    refetchInterval: polling(watchMs),
  });
}
