'use client';

import { usePathname, useSearchParams } from 'next/navigation';
import { useMemo } from 'react';
import type { ExplainFilter } from '../../lib/shared/dto.ts';
import {
  parseWindowParam,
  queryText,
  type WindowParam,
  windowChanges,
  withWindow,
} from '../../lib/shared/window-param.ts';
import { parseFilterParams, withFilter } from './filter-param.ts';

export interface UrlState {
  get(name: string): string | null;
  window: WindowParam;
  /** Workspace, key, principal and process. */
  filter: ExplainFilter;
  /** Sets or, with null, removes parameters as one step of the history. */
  set(changes: Record<string, string | null>): void;
  setWindow(window: WindowParam): void;
  /** This page's address with these changes. */
  hrefWith(changes: Record<string, string | null>): string;
  /** Another page's address, carrying this window and filter. */
  link(href: string): string;
}

/** On a spike's own page the key and workspace name the spike; they filter nothing else. */
const isOneSpike = (pathname: string): boolean => pathname.startsWith('/spikes/');

/**
 * All state of a screen: the URL's query, with its window parsed. Changes go to the browser's history, which the router
 * follows: the page itself is not fetched again.
 */
export function useUrlState(): UrlState {
  const params = useSearchParams();
  const pathname = usePathname();
  const window = useMemo(() => parseWindowParam(params), [params]);
  const filter = useMemo(() => parseFilterParams(params), [params]);
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
      filter,
      set,
      setWindow: (next: WindowParam) => set({ ...windowChanges(next), open: null }),
      hrefWith: (changes: Record<string, string | null>) => hrefFrom(params, changes),
      link: (href: string) =>
        withWindow(isOneSpike(pathname) ? href : withFilter(href, filter), window),
    };
  }, [params, window, filter, pathname]);
}
