'use client';

import { ExplainFrame } from './explain-frame.tsx';
import { Strangers } from './strangers.tsx';

/** Everyone who used the key and is not one of the service's own processes. */
export function StrangersScreen() {
  return (
    <ExplainFrame title="Strangers">
      {({ strangers, logCauses, sumsBefore }) => (
        <Strangers
          uses={strangers}
          logAlone={logCauses !== null}
          sumsBefore={sumsBefore}
          className="span-all"
        />
      )}
    </ExplainFrame>
  );
}
