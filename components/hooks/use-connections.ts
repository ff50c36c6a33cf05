'use client';

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { ConnectionsView, TriedView } from '../../lib/shared/connection-view.ts';
import type { LogPlace } from '../../lib/shared/log-place.ts';
import { fetchView, postView, sendView } from './fetch-view.ts';
import { polling, pollMs } from './poll.ts';
import { connectionsKey } from './view-keys.ts';

const path = '/api/connections';

/** Audit sources and the processes that send telemetry. */
export function useConnections() {
  return useQuery({
    queryKey: connectionsKey,
    queryFn: ({ signal }) => fetchView<ConnectionsView>(path, {}, { signal }),
    refetchInterval: polling(pollMs),
  });
}

export type ConnectionChange =
  | { method: 'POST'; body: unknown }
  | { method: 'PUT'; body: { id: string; paused: boolean } }
  | { method: 'DELETE'; body: { id: string } };

/** Adds, pauses, resumes or removes a source. */
export function useChangeConnection() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ method, body }: ConnectionChange) =>
      sendView<ConnectionsView>(method, path, body),
    onSuccess: async (view) => {
      await client.cancelQueries({ queryKey: connectionsKey });
      client.setQueryData(connectionsKey, view);
    },
  });
}

/** Has the last hour of a log looked at. */
export function useTryConnection() {
  return useMutation({
    mutationFn: (tried: LogPlace | { id: string } | object) =>
      postView<TriedView>(`${path}/test`, tried),
  });
}
