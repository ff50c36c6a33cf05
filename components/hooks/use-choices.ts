'use client';

import { keepPreviousData, useQuery } from '@tanstack/react-query';
import type { ExplainView } from '../../lib/shared/dto.ts';
import { type WindowParam, windowRequest } from '../../lib/shared/window-param.ts';
import { fetchView } from './fetch-view.ts';
import { keyLabel } from './key-label.ts';
import type { FilterName } from './url-params.ts';
import { useSettled } from './use-settled.ts';
import { choicesKey } from './view-keys.ts';

export type FilterChoices = ExplainView['choices'];

export const choicesOf = {
  workspace: 'workspaces',
  key: 'keys',
  principal: 'principals',
  process: 'processes',
} as const satisfies Record<FilterName, keyof FilterChoices>;

/** Values that the filters may offer, where a screen's own answer has none; with a text those that have its words. */
export function useChoices(
  window: WindowParam,
  text = '',
  { isAsked = true } = {},
): FilterChoices | undefined {
  return useQuery({
    enabled: isAsked,
    queryKey: choicesKey(window, text),
    queryFn: ({ signal }) =>
      fetchView<FilterChoices>(
        '/api/choices',
        { ...windowRequest(window), ...(text !== '' && { text }) },
        { signal },
      ),
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
  }).data;
}

const settledMs = 200;

/** The same while one types: where all are at hand nothing more is asked, else once the typing rests. */
export function useFoundChoices(
  window: WindowParam,
  text: string,
  asked: { isAsked?: boolean } = {},
): FilterChoices | undefined {
  const all = useChoices(window, '', asked);
  const hasMore = all !== undefined && Object.values(all.more).some((count) => count > 0);
  const settled = useSettled(text.trim(), settledMs);
  return useChoices(window, hasMore ? settled : '', asked);
}

/** A filter's values as options. */
export function choiceOptions(
  name: FilterName,
  choices: FilterChoices | undefined,
): { value: string; label: string }[] {
  if (choices === undefined) return [];
  if (name === 'principal')
    return choices.principals.map(({ id, name: label }) => ({ value: id, label }));
  return choices[choicesOf[name]].map((value) => ({
    value,
    label: name === 'key' ? keyLabel(value) : value,
  }));
}
