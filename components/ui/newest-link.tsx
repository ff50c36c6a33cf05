'use client';

import { rangeText } from '../../lib/shared/screen-text.ts';
import { wholeMinutes, windowChanges } from '../../lib/shared/window-param.ts';
import { useStore } from '../hooks/use-store.ts';
import { useUrlState } from '../hooks/use-url-state.ts';
import { StateLink } from './state-link.tsx';
import { WiderLink } from './wider-link.tsx';

const hourMs = 3_600_000;

/** The way to the newest day of the data, or to their later half: that has as long a time before it to compare with. */
export function NewestLink() {
  const { window } = useUrlState();
  const extent = useStore().data?.extent ?? null;
  if (extent === null) return <WiderLink />;
  const lengthMs = Math.min(24 * hourMs, Math.max(hourMs, (extent.to - extent.from) / 2));
  const newest = wholeMinutes({ from: extent.to - lengthMs, to: extent.to });
  // It is looked at already.
  if (window.kind === 'between' && window.from === newest.from && window.to === newest.to)
    return <WiderLink />;
  return (
    <StateLink
      className="button"
      changes={{ ...windowChanges({ kind: 'between', ...newest }), key: null }}
    >
      Look at the newest data: {rangeText(newest)}
    </StateLink>
  );
}
