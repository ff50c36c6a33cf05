'use client';

import { useQueryClient } from '@tanstack/react-query';
import { useReducer, useRef } from 'react';
import type { ImportView } from '../../lib/shared/intake-view.ts';
import { ApiError, errorOf } from './fetch-view.ts';

export type ImportState =
  /** `share` in [0, 1]. */
  | { kind: 'sending'; share: number }
  | { kind: 'reading' }
  | { kind: 'done'; view: ImportView }
  | { kind: 'failed'; message: string };

export interface ImportedFile {
  id: number;
  name: string;
  state: ImportState;
}

type Change = { id: number; name: string; state: ImportState };

const changed = (files: readonly ImportedFile[], change: Change): readonly ImportedFile[] =>
  files.some(({ id }) => id === change.id)
    ? files.map((file) => (file.id === change.id ? change : file))
    : [...files, change];

/** What became of the files that were given together, but for those that failed. */
export type OnImported = (views: readonly ImportView[], failed: number) => void;

/** Sends files to the import one after the other; `onDone` is told once all have been read. */
export function useImport(onDone: OnImported): {
  files: readonly ImportedFile[];
  isBusy: boolean;
  take(files: readonly File[]): Promise<void>;
} {
  const client = useQueryClient();
  const [files, change] = useReducer(changed, []);
  const nextId = useRef(0);
  const isBusy = files.some(({ state: { kind } }) => kind === 'sending' || kind === 'reading');
  const take = async (given: readonly File[]) => {
    const views: ImportView[] = [];
    for (const file of given) {
      nextId.current += 1;
      const one = { id: nextId.current, name: file.name };
      const state = await send(file, (now) => change({ ...one, state: now }));
      change({ ...one, state });
      if (state.kind === 'done') views.push(state.view);
    }
    if (views.length === 0) return;
    await client.invalidateQueries();
    onDone(views, given.length - views.length);
  };
  return { files, isBusy, take };
}

/** Only an XMLHttpRequest tells how much of a body has gone out. */
function send(file: File, onState: (state: ImportState) => void): Promise<ImportState> {
  return new Promise((resolve) => {
    const failed = (message: string) => resolve({ kind: 'failed', message });
    const request = new XMLHttpRequest();
    request.responseType = 'json';
    request.upload.onprogress = ({ loaded, total }) =>
      onState({ kind: 'sending', share: total === 0 ? 1 : loaded / total });
    request.upload.onload = () => onState({ kind: 'reading' });
    request.onerror = () =>
      failed('It could not be sent: the file cannot be read, or the server is away.');
    request.onload = () => {
      const { status, response } = request;
      // The API answers 200 with an ImportView alone.
      if (status === 200) resolve({ kind: 'done', view: response as ImportView });
      else failed(new ApiError(status, errorOf(status, response)).message);
    };
    onState({ kind: 'sending', share: 0 });
    request.open('POST', `/api/import?${new URLSearchParams({ name: file.name.slice(0, 200) })}`);
    request.send(file);
  });
}
