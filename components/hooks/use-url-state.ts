'use client';

import { usePathname, useSearchParams } from 'next/navigation';
import { useMemo } from 'react';
import {
  parseWindow,
  queryText,
  type WindowParam,
  windowChanges,
  withWindow,
} from '../../lib/shared/window-param.ts';

export interface UrlState {
  get(name: string): string | null;
  window: WindowParam;
  /** Sets or, with null, removes parameters as one step of the history. */
  set(changes: Record<string, string | null>): void;
  setWindow(window: WindowParam): void;
  /** This page's address with these changes. */
  hrefWith(changes: Record<string, string | null>): string;
  /** Another page's address, carrying this window. */
  link(href: string): string;
}

/**
 * All state of a screen: the URL's query, its window parsed. Changes go to the history directly,
 * which the router follows: nothing of the page itself has to be fetched anew.
 */
export function useUrlState(): UrlState {
  const params = useSearchParams();
  const pathname = usePathname();
  const window = useMemo(() => parseWindow(params), [params]);
  return useMemo(() => {
    const hrefFrom = (query: URLSearchParams, changes: Record<string, string | null>) => {
      const next = new URLSearchParams(query);
      for (const [name, value] of Object.entries(changes)) {
        if (value === null || value === '') next.delete(name);
        else next.set(name, value);
      }
      return next.size > 0 ? `${pathname}?${queryText(next)}` : pathname;
    };
    // From the address itself, which is ahead of the last render when two changes come quickly.
    const set = (changes: Record<string, string | null>) =>
      history.pushState(null, '', hrefFrom(new URLSearchParams(location.search), changes));
    return {
      get: (name: string) => params.get(name),
      window,
      set,
      setWindow: (next: WindowParam) => set({ ...windowChanges(next), open: null }),
      hrefWith: (changes: Record<string, string | null>) => hrefFrom(params, changes),
      link: (href: string) => withWindow(href, window),
    };
  }, [params, window, pathname]);
}
