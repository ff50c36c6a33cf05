'use client';

import type { UrlChanges } from '../hooks/url-params.ts';
import { useUrlState } from '../hooks/use-url-state.ts';

/** A link to this page in another state: the URL changes, the page is not asked for again. */
export function StateLink({
  changes,
  children,
  ...rest
}: {
  changes: UrlChanges;
  className?: string;
  'aria-label'?: string;
  children: React.ReactNode;
}) {
  const { hrefWith, set } = useUrlState();
  return (
    <a
      {...rest}
      href={hrefWith(changes)}
      onClick={(event) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
        event.preventDefault();
        set(changes);
      }}
    >
      {children}
    </a>
  );
}
