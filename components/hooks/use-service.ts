'use client';

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { ServiceForm } from '../../lib/shared/service-facts.ts';
import { fetchView, sendView } from './fetch-view.ts';
import { serviceKey } from './view-keys.ts';

const path = '/api/settings/service';

/** What is known of the service, read anew each time that it is to be changed. */
export function useService() {
  return useQuery({
    queryKey: serviceKey,
    queryFn: ({ signal }) => fetchView<ServiceForm>(path, {}, { signal }),
    gcTime: 0,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** Keeps it; every view that it makes sharper is asked for again. */
export function useSaveService() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (form: unknown) => sendView<ServiceForm>('PUT', path, form),
    onSuccess: (form) => {
      client.setQueryData(serviceKey, form);
      void client.invalidateQueries({ predicate: (query) => query.queryKey[0] !== serviceKey[0] });
    },
  });
}
