'use client';

import { useQuery } from '@tanstack/react-query';
import type { RawEventView } from '../../lib/shared/dto.ts';
import { fetchView } from './fetch-view.ts';

/** An audit record as delivered; it never changes. */
export function useAuditEvent(ref: { eventId: string; at: number } | null) {
  return useQuery({
    queryKey: ['audit-event', ref?.eventId, ref?.at],
    queryFn: ({ signal }) =>
      fetchView<RawEventView>(
        '/api/audit-events',
        { id: ref?.eventId, at: String(ref?.at) },
        { signal },
      ),
    enabled: ref !== null,
    staleTime: Number.POSITIVE_INFINITY,
  });
}
