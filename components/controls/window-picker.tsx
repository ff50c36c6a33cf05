'use client';

import { useState } from 'react';
import { parseInstant } from '../../lib/shared/instants.ts';
import type { TimeWindow } from '../../lib/shared/time-window.ts';
import { presetNames, relativeTo } from '../../lib/shared/window-param.ts';
import { useUrlState } from '../hooks/use-url-state.ts';
import './window-picker.css';

const inputText = (at: number): string => new Date(at).toISOString().slice(0, 16);

/** Chooses the window: a preset that moves with the clock, or two instants in UTC. */
export function WindowPicker({ shown }: { shown: TimeWindow | undefined }) {
  const { window, setWindow } = useUrlState();
  const [isCustom, setIsCustom] = useState(false);
  const isBetween = window.kind === 'between';
  return (
    <div className="window-picker">
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
          type="button"
          aria-pressed={isBetween}
          aria-expanded={isCustom}
          onClick={() => setIsCustom(!isCustom)}
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
          key={JSON.stringify(window)}
          initial={isBetween ? window : shown}
          onApply={(from, to) => {
            setWindow({ kind: 'between', from, to });
            setIsCustom(false);
          }}
        />
      )}
    </div>
  );
}

function CustomWindow({
  initial,
  onApply,
}: {
  initial: TimeWindow | undefined;
  onApply: (from: number, to: number) => void;
}) {
  const [fromText, setFromText] = useState(initial ? inputText(initial.from) : '');
  const [toText, setToText] = useState(initial ? inputText(initial.to) : '');
  const from = parseInstant(fromText);
  const to = parseInstant(toText);
  const fault =
    from === null || to === null
      ? 'Give both instants.'
      : from >= to
        ? 'The window must end after it begins.'
        : null;
  return (
    <form
      className="window-custom"
      aria-label="Custom window"
      onSubmit={(event) => {
        event.preventDefault();
        if (from !== null && to !== null && fault === null) onApply(from, to);
      }}
    >
      <label>
        From (UTC)
        <input
          type="datetime-local"
          value={fromText}
          onChange={(event) => setFromText(event.target.value)}
        />
      </label>
      <label>
        To (UTC)
        <input
          type="datetime-local"
          value={toText}
          onChange={(event) => setToText(event.target.value)}
        />
      </label>
      <button type="submit" className="button button-primary" disabled={fault !== null}>
        Apply
      </button>
      {fault && (
        <p className="note" role="status">
          {fault}
        </p>
      )}
    </form>
  );
}
