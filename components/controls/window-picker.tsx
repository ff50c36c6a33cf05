'use client';

import dynamic from 'next/dynamic';
import { useRef, useState } from 'react';
import type { TimeWindow } from '../../lib/shared/time-window.ts';
import { presetNames, relativeTo } from '../../lib/shared/window-param.ts';
import { useOneStop } from '../hooks/use-one-stop.ts';
import { useUrlState } from '../hooks/use-url-state.ts';
import './window-picker.css';

const CustomWindow = dynamic(async () => (await import('./custom-window.tsx')).CustomWindow, {
  ssr: false,
});

/** Chooses the window: a preset that moves with the clock, or two instants. */
export function WindowPicker({ shown }: { shown: TimeWindow | undefined }) {
  const { window, setWindow } = useUrlState();
  const [isCustom, setIsCustom] = useState(false);
  const custom = useRef<HTMLButtonElement>(null);
  const row = useOneStop<HTMLDivElement>();
  const isBetween = window.kind === 'between';
  return (
    <div {...row} className="window-picker" role="toolbar" aria-label="Window">
      <fieldset className="segmented">
        <legend className="visually-hidden">Window</legend>
        {presetNames.map((name, index) => (
          <button
            key={name}
            type="button"
            aria-pressed={window.kind === 'last' && window.last === name}
            aria-label={`Last ${name}`}
            data-shortcut={index === 0 ? 'filter' : undefined}
            onClick={() => setWindow({ kind: 'last', last: name })}
          >
            {name}
          </button>
        ))}
        <button
          ref={custom}
          type="button"
          aria-pressed={isBetween}
          aria-haspopup="dialog"
          aria-expanded={isCustom}
          onClick={() => setIsCustom(true)}
        >
          Custom
        </button>
      </fieldset>
      <button
        type="button"
        className="button"
        disabled={window.kind === 'last'}
        title="Follow the data's clock again"
        onClick={() => setWindow(relativeTo(window))}
      >
        Now
      </button>
      {isCustom && (
        <CustomWindow
          trigger={custom}
          initial={isBetween ? window : shown}
          onClose={() => setIsCustom(false)}
          onApply={(chosen) => {
            setIsCustom(false);
            setWindow({ kind: 'between', ...chosen });
          }}
        />
      )}
    </div>
  );
}
