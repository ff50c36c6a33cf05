'use client';

import { rangeText } from '../../lib/shared/screen-text.ts';
import type { TimeWindow } from '../../lib/shared/time-window.ts';
import { wholeMinutes, windowChanges } from '../../lib/shared/window-param.ts';
import { StateLink } from '../ui/state-link.tsx';

/** An imported log is usually of an earlier time: the way there. */
export function Elsewhere({ window }: { window: TimeWindow }) {
  const whole = wholeMinutes(window);
  return (
    <p className="elsewhere">
      <StateLink
        className="button button-primary"
        changes={windowChanges({ kind: 'between', ...whole })}
      >
        Look at what there is: {rangeText(whole)}
      </StateLink>
    </p>
  );
}
