'use client';

import { overdueWords, useOverdue } from '../hooks/use-overdue.ts';
import { Notice } from '../states/notice.tsx';

/**
 * Old data while new data is on its way: dimmed, still there. Quick answers do not flicker; refreshes of the same
 * window may take a while before they show. A request that fails or does not end is told above the old data.
 */
export function Refreshing({
  active,
  isOther = false,
  error,
  onRetry,
  children,
}: {
  active: boolean;
  /** Whether what is on its way is something else than what is shown. */
  isOther?: boolean;
  error: Error | null;
  onRetry: () => void;
  children: React.ReactNode;
}) {
  const { overdue, again } = useOverdue(active);
  const state = isOther ? ' is-active' : active ? ' is-active is-update' : '';
  return (
    <>
      {error ? (
        <Notice text={`Not refreshed: ${error.message}`} onRetry={onRetry} />
      ) : (
        overdue && <Notice text={`${overdueWords}; this is what it said before.`} onRetry={again} />
      )}
      <div className={`refreshing${state}`} aria-busy={active || isOther}>
        {children}
      </div>
    </>
  );
}
