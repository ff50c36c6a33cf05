'use client';

import { usePathname, useSearchParams } from 'next/navigation';
import { useQueryStates } from 'nuqs';
import { useMemo } from 'react';
import type { ExplainFilter } from '../../lib/shared/dto.ts';
import { type WindowParam, windowChanges } from '../../lib/shared/window-param.ts';
import {
  addToUrl,
  carry,
  faultsOf,
  type PageState,
  pageStateOf,
  type UrlChanges,
  urlParams,
} from './url-params.ts';

export interface UrlState extends PageState {
  /** What of the URL has no effect, and why. */
  faults: readonly string[];
  /** Sets or, with null, removes parameters as one step of the history. */
  set(changes: UrlChanges): void;
  setWindow(window: WindowParam): void;
  /** This page's address with these changes. */
  hrefWith(changes: UrlChanges): string;
  /** Another page's address, carrying this window and filter. */
  link(href: string): string;
}

/** On a spike's own page the key and workspace name the spike; they filter nothing else. */
const carried = (filter: ExplainFilter, pathname: string): ExplainFilter => {
  if (!pathname.startsWith('/spikes/')) return filter;
  return filter.principal === undefined ? {} : { principal: filter.principal };
};

/** All state of a screen lies in its URL; a change is a step of the history, and the page is not asked for again. */
export function useUrlState(): UrlState {
  const [values, setValues] = useQueryStates(urlParams, { history: 'push' });
  const query = useSearchParams();
  const pathname = usePathname();
  return useMemo(() => {
    const state = pageStateOf(values);
    const set = (changes: UrlChanges) => void setValues(changes);
    return {
      ...state,
      faults: faultsOf(query, values, pathname),
      set,
      setWindow: (next: WindowParam) => set({ ...windowChanges(next), open: null }),
      hrefWith: (changes: UrlChanges) => addToUrl(`${pathname}?${query}`, changes),
      link: (href: string) => carry(href, { ...state, filter: carried(state.filter, pathname) }),
    };
  }, [values, setValues, query, pathname]);
}
