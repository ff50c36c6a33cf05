'use client';

import { isUnlogged } from '../../lib/shared/is-uncounted.ts';
import { ExplainFrame } from './explain-frame.tsx';
import { Strangers } from './strangers.tsx';

/** Everyone who used the key and is not one of the service's own processes. */
export function StrangersScreen() {
  return (
    <ExplainFrame title="Strangers">
      {({ strangers, logCauses, sumsBefore, filter, ledger }) => (
        <Strangers
          uses={strangers}
          logAlone={logCauses !== null}
          sumsBefore={sumsBefore}
          isFiltered={Object.keys(filter).length > 0}
          isUnlogged={isUnlogged(ledger)}
          className="span-all"
        />
      )}
    </ExplainFrame>
  );
}
