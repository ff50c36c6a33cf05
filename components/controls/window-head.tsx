'use client';

import { rangeText } from '../../lib/shared/screen-text.ts';
import type { TimeWindow } from '../../lib/shared/time-window.ts';
import { useUrlState } from '../hooks/use-url-state.ts';
import { WindowPicker } from './window-picker.tsx';

/** A screen's title with the window that it shows, and the choice of another. */
export function WindowHead({ title, shown }: { title: string; shown: TimeWindow | undefined }) {
  const { window } = useUrlState();
  return (
    <div className="screen-head">
      <h1>
        {window.kind === 'last' ? `${title}, last ${window.last}` : title}
        <span className="screen-range">{shown ? rangeText(shown) : ' '}</span>
      </h1>
      <WindowPicker shown={shown} />
    </div>
  );
}
