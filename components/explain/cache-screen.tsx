'use client';

import { RevocationPanel } from '../revocation/revocation-panel.tsx';
import { StateBox } from '../states/state-box.tsx';
import { Panel } from '../ui/panel.tsx';
import { WiderLink } from '../ui/wider-link.tsx';
import { ExplainFrame } from './explain-frame.tsx';
import { LedgerLineTable } from './ledger-table.tsx';

/** How data key lookups ended, and which process holds what until when. */
export function CacheScreen() {
  return (
    <ExplainFrame title="Cache">
      {({ ledger, sumsBefore }) => {
        const lookups = ledger.lines.find(({ id }) => id === 'operations');
        return (
          <>
            <Panel
              title="How lookups ended"
              className="span-all"
              note="A hit needs no KMS request; a miss makes one; who waits for another one’s miss is coalesced."
            >
              {lookups === undefined || lookups.total === 0 ? (
                <StateBox
                  kind="empty"
                  title="No lookups are told"
                  text="Only the engine’s metrics count them; the audit log shows requests alone."
                  action={<WiderLink />}
                />
              ) : (
                <LedgerLineTable line={lookups} sumsOnly={sumsBefore !== null} />
              )}
            </Panel>
            <RevocationPanel />
          </>
        );
      }}
    </ExplainFrame>
  );
}
