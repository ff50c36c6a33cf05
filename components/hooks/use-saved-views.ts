'use client';

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { SavedViews } from '../../lib/shared/saved-views.ts';
import { fetchView, postView } from './fetch-view.ts';

const path = '/api/views';
const queryKey = ['views'];

/** Pages kept under a name, and what keeps and removes them. */
export function useSavedViews() {
  const client = useQueryClient();
  const onSuccess = (views: SavedViews) => client.setQueryData(queryKey, views);
  const list = useQuery({
    queryKey,
    queryFn: ({ signal }) => fetchView<SavedViews>(path, {}, { signal }),
  });
  const save = useMutation({
    mutationFn: (view: { name: string; href: string }) => postView<SavedViews>(path, view),
    onSuccess,
  });
  const remove = useMutation({
    mutationFn: (name: string) =>
      fetchView<SavedViews>(`${path}/${encodeURIComponent(name)}`, {}, { method: 'DELETE' }),
    onSuccess,
  });
  return { views: list.data?.views ?? [], error: list.error, save, remove };
}
