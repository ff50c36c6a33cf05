'use client';

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { AccessView, ValidatedKey } from '../../lib/shared/access-view.ts';
import type { DrillView } from '../../lib/shared/drill-view.ts';
import type { KeysView, KeyView, ReadableView } from '../../lib/shared/keys-view.ts';
import type { MeasureView } from '../../lib/shared/measure-view.ts';
import { fetchView, postView, sendView } from './fetch-view.ts';
import { polling, slowPollMs, watchMs } from './poll.ts';
import { drillKey, keyKey, keysKey, measureKey, readableKey } from './view-keys.ts';

const addressOf = (id: string) => `/api/keys/${encodeURIComponent(id)}`;

/** Keys that the log or telemetry names. */
export const useKeys = () =>
  useQuery({
    queryKey: keysKey,
    queryFn: ({ signal }) => fetchView<KeysView>('/api/keys', {}, { signal }),
    refetchInterval: polling(slowPollMs),
  });

/** Of each key, whose data can be read now; read when it is asked for. */
export const useReadable = (isAsked: boolean) =>
  useQuery({
    queryKey: readableKey,
    queryFn: ({ signal }) => fetchView<ReadableView>('/api/keys/readable', {}, { signal }),
    enabled: isAsked,
  });

/** How one key lives. */
export const useKey = (id: string) =>
  useQuery({
    queryKey: keyKey(id),
    queryFn: ({ signal }) => fetchView<KeyView>(addressOf(id), {}, { signal }),
    refetchInterval: polling(slowPollMs),
  });

/** How long its revocations took to bite; read when it is asked for. */
export const useDrill = (id: string, isAsked: boolean) =>
  useQuery({
    queryKey: drillKey(id),
    queryFn: ({ signal }) => fetchView<DrillView>(`${addressOf(id)}/drill`, {}, { signal }),
    enabled: isAsked,
  });

/** Where the same is kept as a file. */
export const drillFile = (id: string, format: 'markdown' | 'json'): string =>
  `${addressOf(id)}/drill?format=${format}`;

/** Asks the key's cloud whether it can be used now. */
export const useValidate = (id: string) =>
  useMutation({ mutationFn: () => postView<ValidatedKey>(`${addressOf(id)}/validate`, {}) });

/** Asks it for the conditions of access besides. */
export const useAccess = (id: string) =>
  useMutation({ mutationFn: () => postView<AccessView>(`${addressOf(id)}/access`, {}) });

/** A measurement of a key as it goes on. */
export const useMeasurement = (id: string) =>
  useQuery({
    queryKey: measureKey(id),
    queryFn: ({ signal }) => fetchView<MeasureView>(`${addressOf(id)}/measure`, {}, { signal }),
    refetchInterval: (query) =>
      polling(watchMs, query.state.data?.measured?.endedAt === null)(query),
  });

/** Begins one, with the key's id as it was typed in, or ends it. */
export function useMeasure(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (order: { kind: 'begin'; confirm: string } | { kind: 'end' }) =>
      order.kind === 'begin'
        ? postView<MeasureView>(`${addressOf(id)}/measure`, { confirm: order.confirm })
        : sendView<MeasureView>('DELETE', `${addressOf(id)}/measure`, {}),
    onSuccess: (view) => client.setQueryData(measureKey(id), view),
  });
}
