'use client';

import { useKeys } from '../hooks/use-keys.ts';
import { PageLink } from '../ui/page-link.tsx';

const shownMax = 10;

/** The way on from a key that nobody knows: those that are, or where a log is connected. */
export function KnownKeys() {
  const { data } = useKeys();
  if (data === undefined) return null;
  if (data.keys.length === 0)
    return (
      <PageLink className="button button-primary" href="/start">
        Connect a log or telemetry
      </PageLink>
    );
  return (
    <nav aria-label="Keys that are known">
      <p className="muted">Keys that are known:</p>
      <ul className="known-keys">
        {data.keys.slice(0, shownMax).map(({ key }) => (
          <li key={key}>
            <PageLink className="mono break" href={`/keys/${encodeURIComponent(key)}`}>
              {key}
            </PageLink>
          </li>
        ))}
        {data.keys.length > shownMax && (
          <li>
            <PageLink href="/keys">All {data.keys.length} keys</PageLink>
          </li>
        )}
      </ul>
    </nav>
  );
}
