'use client';

import { useRevocation } from '../hooks/use-revocation.ts';
import { FailureState } from '../states/failure-state.tsx';
import { LoadingState } from '../states/loading-state.tsx';
import { Notice } from '../states/notice.tsx';
import { StateBox } from '../states/state-box.tsx';
import { PageLink } from '../ui/page-link.tsx';
import { Panel } from '../ui/panel.tsx';
import { RevocationKey } from './revocation-key.tsx';
import './revocation.css';

/** Who still holds the key and until when. What happens if it is taken away is tried in the lab. */
export function RevocationPanel() {
  const { data, error, dataUpdatedAt, refetch } = useRevocation();
  const retry = () => void refetch();
  return (
    <Panel
      title="Revocation"
      className="span-all revocation-panel"
      tools={<PageLink href="/lab">Try it in the lab</PageLink>}
      note="When each process goes dark, if the key is taken away: at the end of its last lease."
    >
      {error && data && <Notice text={`Not refreshed: ${error.message}`} onRetry={retry} />}
      {data ? (
        data.keys.length > 0 ? (
          data.keys.map((held) => (
            <RevocationKey
              key={held.key}
              held={held}
              reading={{ now: data.now, speed: data.speed, readAt: dataUpdatedAt }}
            />
          ))
        ) : (
          <StateBox
            kind="empty"
            title="No key is in use"
            text="No process has reported a lease on any key yet."
            action={
              <button type="button" className="button" onClick={retry}>
                Look again
              </button>
            }
          />
        )
      ) : error ? (
        <FailureState error={error} onRetry={retry} />
      ) : (
        <LoadingState label="Loading leases" />
      )}
    </Panel>
  );
}
