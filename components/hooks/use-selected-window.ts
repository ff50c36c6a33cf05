'use client';

import type { TimeWindow } from '../../lib/shared/time-window.ts';
import { type WindowParam, wholeMinutes, windowChanges } from '../../lib/shared/window-param.ts';
import { addToUrl } from './url-params.ts';
import { useGo } from './use-go.tsx';
import { useUrlState } from './use-url-state.ts';

/** A window that a selection on a chart replaced. */
interface Replaced {
  by: TimeWindow;
  before: WindowParam;
  /** The page that the selection led away from. */
  page: string | null;
}

/** The newest last. A reload forgets them; Back has them even then. */
const replaced: Replaced[] = [];

/** Makes what was selected on a chart the window, of this page or of another; an address tells minutes. */
export function useSelectWindow(): (range: TimeWindow, page?: string) => void {
  const { window: before, setWindow, hrefWith } = useUrlState();
  const go = useGo();
  return (range, page) => {
    const by = wholeMinutes(range);
    const next: WindowParam = { kind: 'between', ...by };
    replaced.push({ by, before, page: page === undefined ? null : hrefWith({}) });
    if (page === undefined) setWindow(next);
    else go(addToUrl(page, windowChanges(next)));
  };
}

/** Gives the former window back where the present one was selected on a chart. */
export function useGiveBackWindow(): () => void {
  const { window, setWindow } = useUrlState();
  const go = useGo();
  return () => {
    for (let last = replaced.pop(); last; last = replaced.pop()) {
      const { by, before, page } = last;
      // Those that Back or another choice has left are done with.
      if (window.kind !== 'between' || window.from !== by.from || window.to !== by.to) continue;
      if (page === null) setWindow(before);
      else go(page);
      return;
    }
  };
}
