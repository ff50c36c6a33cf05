'use client';

import Link from 'next/link';
import { usePathname } from 'next/navigation';
import { shownText } from '../../lib/shared/screen-text.ts';
import { ApiError } from '../hooks/fetch-view.ts';
import { StateBox } from './state-box.tsx';

const titles: ReadonlyMap<string, string> = new Map([
  ['unauthorized', 'A token is missing or wrong'],
  ['forbidden', 'You may not see this'],
  ['unavailable', 'Not available just now'],
  ['not-found', 'Not found'],
  ['bad-request', 'This was not understood'],
]);

/** What the API said, and a way on: to ask again, unless another one is given. */
export function FailureState({
  error,
  onRetry,
  action,
}: {
  error: Error;
  onRetry?: () => void;
  action?: React.ReactNode;
}) {
  const pathname = usePathname();
  const code = error instanceof ApiError ? error.code : 'internal';
  const requestId = error instanceof ApiError ? error.requestId : null;
  const isForbidden = code === 'forbidden' || code === 'unauthorized';
  return (
    <StateBox
      kind={isForbidden ? 'forbidden' : 'error'}
      title={titles.get(code) ?? 'This could not be loaded'}
      text={
        <>
          {shownText(error.message)}
          {code === 'unauthorized' &&
            ' Keytide has no sign-in: its own token lies in the data directory, in the file ingest-token; a proxy in front of it may ask for another.'}
          {requestId && (
            <>
              {' '}
              Request id <code>{requestId}</code>.
            </>
          )}
        </>
      }
      action={
        action ??
        (code === 'bad-request' ? (
          // Asking again would be refused again: the address is wrong.
          <Link className="button" href={pathname}>
            Start without window and filters
          </Link>
        ) : (
          <button type="button" className="button" onClick={onRetry}>
            Try again
          </button>
        ))
      }
    />
  );
}
