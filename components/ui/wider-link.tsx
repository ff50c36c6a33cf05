'use client';

import { rangeText } from '../../lib/shared/screen-text.ts';
import { resolveWindow, wholeMinutes, windowChanges } from '../../lib/shared/window-param.ts';
import { filterNames } from '../hooks/url-params.ts';
import { useStore } from '../hooks/use-store.ts';
import { useUrlState } from '../hooks/use-url-state.ts';
import { useWallClock } from '../hooks/use-wall-clock.ts';
import { PageLink } from './page-link.tsx';
import { StateLink } from './state-link.tsx';

/**
 * The way on where there is nothing to see: no filter, else the time of the data, else what can be connected; with all
 * of the time in view the log’s events, unless the page leads there itself.
 */
export function WiderLink({ toEvents = true }: { toEvents?: boolean }) {
  const { filter, window } = useUrlState();
  const store = useStore();
  const wallNow = useWallClock(60_000);
  if (filterNames.some((name) => filter[name] !== undefined)) {
    const none = Object.fromEntries(filterNames.map((name) => [name, null]));
    return (
      <StateLink className="button" changes={none}>
        Clear filters
      </StateLink>
    );
  }
  if (store.data === undefined) return null;
  const { extent } = store.data;
  if (extent === null)
    return (
      <PageLink className="button" href="/start">
        Connect a log
      </PageLink>
    );
  const whole = wholeMinutes(extent);
  // The sandbox's data are ahead of the wall clock.
  const shown = resolveWindow(window, Math.max(wallNow, whole.to));
  if (typeof shown !== 'string' && shown.from <= whole.from && shown.to >= whole.to)
    return toEvents ? (
      <PageLink className="button" href="/calls?show=events">
        See what was received
      </PageLink>
    ) : null;
  return (
    <StateLink className="button" changes={windowChanges({ kind: 'between', ...whole })}>
      Look at what there is: {rangeText(whole)}
    </StateLink>
  );
}
