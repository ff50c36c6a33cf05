'use client';

import { overdueWords, useOverdue } from '../hooks/use-overdue.ts';
import { Panel } from '../ui/panel.tsx';
import { FailureState } from './failure-state.tsx';
import { LoadingScreen, LoadingState } from './loading-state.tsx';
import { Notice } from './notice.tsx';

/** What a hook knows of its request. */
export interface Requested<T> {
  data: T | undefined;
  error: Error | null;
  isFetching: boolean;
  /** Whether the data are another request's, as long as its own are on their way. */
  isPlaceholderData: boolean;
  refetch(): Promise<unknown>;
}

/**
 * What a request has brought. Before the first answer it loads or says why there is none; after it the old data stay,
 * with a word above them if they could not be refreshed.
 */
export function Loaded<T>({
  request,
  label,
  lines,
  children,
}: {
  request: Requested<T>;
  /** What one waits for: "Loading keys". */
  label: string;
  lines?: number;
  children: (data: T) => React.ReactNode;
}) {
  const { data, error } = request;
  if (data !== undefined) return <Refreshed request={request}>{children(data)}</Refreshed>;
  if (error) return <FailureState error={error} onRetry={() => void request.refetch()} />;
  return <LoadingState label={label} lines={lines} />;
}

/** The same for a whole screen of panels. */
export function LoadedScreen<T>({
  request,
  answer,
  panel,
  failure: { title, action },
  children,
}: {
  request: Requested<T>;
  /** What one waits for first, where the screen begins with an answer. */
  answer?: string;
  panel: { title: string; label: string };
  /** The panel that says why there is nothing; `action` is the way on where asking again cannot help. */
  failure: { title: string; action?: ((error: Error) => React.ReactNode) | undefined };
  children: (data: T) => React.ReactNode;
}) {
  const { data, error } = request;
  if (data !== undefined)
    return (
      <Refreshed request={request}>
        <div className="explain-grid">{children(data)}</div>
      </Refreshed>
    );
  return (
    <div className="explain-grid">
      {error ? (
        <Panel title={title} className="span-all">
          <FailureState
            error={error}
            onRetry={() => void request.refetch()}
            action={action?.(error)}
          />
        </Panel>
      ) : (
        <LoadingScreen answer={answer} panel={panel} />
      )}
    </div>
  );
}

/** Data while newer ones are on their way. A refresh of the same window does not show. */
function Refreshed({
  request: { error, isFetching, isPlaceholderData: isOther, refetch },
  children,
}: {
  request: Requested<unknown>;
  children: React.ReactNode;
}) {
  const { overdue, again } = useOverdue(isFetching);
  return (
    <>
      {error ? (
        <Notice text={`Not refreshed: ${error.message}`} onRetry={() => void refetch()} />
      ) : (
        overdue && <Notice text={`${overdueWords}; this is what it said before.`} onRetry={again} />
      )}
      <div
        className={isOther ? 'refreshing is-other' : 'refreshing'}
        aria-busy={isFetching || isOther}
      >
        {children}
      </div>
    </>
  );
}
