'use client';

import { overdueWords, useOverdue } from '../hooks/use-overdue.ts';
import { Notice } from '../states/notice.tsx';

/**
 * Old data while new data is on its way. Refreshes of the same window do not show; a request that fails or does not end
 * is told above the old data.
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
  return (
    <>
      {error ? (
        <Notice text={`Not refreshed: ${error.message}`} onRetry={onRetry} />
      ) : (
        overdue && <Notice text={`${overdueWords}; this is what it said before.`} onRetry={again} />
      )}
      <div className={isOther ? 'refreshing is-other' : 'refreshing'} aria-busy={active || isOther}>
        {children}
      </div>
    </>
  );
}
