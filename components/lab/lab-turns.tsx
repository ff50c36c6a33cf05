'use client';

import type { LabTurn } from '../../lib/shared/lab/lab-view.ts';
import { instantText } from '../../lib/shared/screen-text.ts';
import { StateBox } from '../states/state-box.tsx';
import { Panel } from '../ui/panel.tsx';

const shownMax = 14;

/** What was done and seen, the newest first. */
export function LabTurns({ turns }: { turns: readonly LabTurn[] }) {
  return (
    <Panel title="What happened">
      {turns.length === 0 ? (
        <StateBox
          kind="empty"
          title="Nothing yet"
          text="Do something above, or take the first step."
        />
      ) : (
        <ol className="lab-turns">
          {turns.slice(0, shownMax).map(({ number, at, kind, text }) => (
            <li key={number} className={kind === 'refused' ? 'is-refused' : ''}>
              <time className="second num" dateTime={new Date(at).toISOString()}>
                {instantText(at, 'second')}
              </time>
              {text}
            </li>
          ))}
        </ol>
      )}
    </Panel>
  );
}
