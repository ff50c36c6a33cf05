'use client';

import { ExportLinks } from '../export/export-links.tsx';
import { useRevocation } from '../hooks/use-revocation.ts';
import { useUrlState } from '../hooks/use-url-state.ts';
import { Loaded } from '../states/loaded.tsx';
import { StateBox } from '../states/state-box.tsx';
import { PageLink } from '../ui/page-link.tsx';
import { Panel } from '../ui/panel.tsx';
import { WiderLink } from '../ui/wider-link.tsx';
import { RevocationKey } from './revocation-key.tsx';
import './revocation.css';

/** Who still holds the key and until when. What happens if it is taken away is tried in the lab. */
export function RevocationPanel() {
  const { filter } = useUrlState();
  const revocation = useRevocation();
  return (
    <Panel
      title="Revocation"
      className="span-all revocation-panel"
      tools={
        <>
          <PageLink href="/lab">Try it in the lab</PageLink>
          {revocation.data && revocation.data.keys.length > 0 && <ExportLinks of="leases" />}
        </>
      }
      note="When each process goes dark, if the key is taken away: at the end of its last lease."
    >
      <Loaded request={revocation} label="Loading leases">
        {({ keys, now, speed }) => {
          const shown = keys.filter(({ key }) => filter.key === undefined || key === filter.key);
          return shown.length > 0 ? (
            shown.map((held) => (
              <RevocationKey
                key={held.key}
                held={held}
                reading={{ now, speed, readAt: revocation.dataUpdatedAt }}
              />
            ))
          ) : (
            <StateBox
              kind="empty"
              title="No lease is told"
              text="Only the engine’s telemetry tells how long a process holds a key, and none of it has come in."
              action={
                filter.key === undefined ? (
                  <button
                    type="button"
                    className="button"
                    onClick={() => void revocation.refetch()}
                  >
                    Look again
                  </button>
                ) : (
                  <WiderLink />
                )
              }
            />
          );
        }}
      </Loaded>
    </Panel>
  );
}
