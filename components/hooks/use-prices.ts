'use client';

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { PriceTable } from '../../lib/shared/price-table.ts';
import { fetchView, sendView } from './fetch-view.ts';

const path = '/api/settings/prices';
const queryKey = ['prices'];

/** The price table in force, read anew each time that it is to be changed. */
export function usePrices() {
  return useQuery({
    queryKey,
    queryFn: ({ signal }) => fetchView<PriceTable>(path, {}, { signal }),
    gcTime: 0,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** Keeps a price table; what it prices is asked for again. */
export function useSavePrices() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (table: PriceTable) => sendView<PriceTable>('PUT', path, table),
    onSuccess: (table) => {
      client.setQueryData(queryKey, table);
      void client.invalidateQueries({ queryKey: ['explain'] });
    },
  });
}
