'use client';

import { filterNames } from '../hooks/filter-param.ts';
import { useUrlState } from '../hooks/use-url-state.ts';
import { PageLink } from './page-link.tsx';
import { StateLink } from './state-link.tsx';

/**
 * The way on where there is nothing to see: without the filter, else a longer window, else what was received at all.
 */
export function WiderLink() {
  const { window, filter } = useUrlState();
  if (filterNames.some((name) => filter[name] !== undefined)) {
    const none = Object.fromEntries(filterNames.map((name) => [name, null]));
    return (
      <StateLink className="button" changes={none}>
        Clear filters
      </StateLink>
    );
  }
  if (window.kind === 'last' && window.last === '7d') {
    return (
      <PageLink className="button" href="/calls">
        See what was received
      </PageLink>
    );
  }
  return (
    <StateLink className="button" changes={{ last: '7d', from: null, to: null }}>
      Look at the last 7 days
    </StateLink>
  );
}
