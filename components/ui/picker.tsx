'use client';

import dynamic from 'next/dynamic';
import { useId, useRef, useState } from 'react';
import type { FilterName } from '../hooks/url-params.ts';
import type { PickerOption } from './picker-option.ts';
import './picker.css';

const PickerList = dynamic(async () => (await import('./picker-list.tsx')).PickerList, {
  ssr: false,
});

/** One of many, however many: the list is loaded when it is opened, and searched rather than scrolled. */
export function Picker({
  label,
  value,
  options,
  of,
  isFree = false,
  isFirst = false,
  isDisabled = false,
  onChange,
}: {
  label: string;
  value: string;
  options: readonly PickerOption[];
  /** The filter that it chooses for, where there may be more values than the options. */
  of?: FilterName;
  /** Whether a text that is none of the options may be chosen, too. */
  isFree?: boolean;
  /** Whether the shortcut for filters leads here. */
  isFirst?: boolean;
  isDisabled?: boolean;
  onChange: (value: string) => void;
}) {
  const id = useId();
  const button = useRef<HTMLButtonElement>(null);
  const [isOpen, setIsOpen] = useState(false);
  // What holds is always shown, known or not.
  const known = options.find((option) => option.value === value);
  const shown = known?.label ?? value;
  const isSet = value !== options[0]?.value;
  return (
    <div className={isSet ? 'picker is-set' : 'picker'}>
      <span id={`${id}-label`} className="picker-label">
        {label}
      </span>
      <button
        ref={button}
        id={id}
        type="button"
        className="picker-button"
        title={shown}
        aria-labelledby={`${id}-label ${id}`}
        aria-haspopup="dialog"
        aria-expanded={isOpen}
        disabled={isDisabled}
        data-shortcut={isFirst ? 'filter' : undefined}
        onClick={() => setIsOpen(true)}
      >
        {shown}
      </button>
      {isOpen && (
        <PickerList
          trigger={button}
          label={label}
          value={value}
          options={known ? options : [...options, { value, label: shown }]}
          of={of}
          isFree={isFree}
          onChoose={(next) => {
            setIsOpen(false);
            if (next !== value) onChange(next);
          }}
          onClose={() => setIsOpen(false)}
        />
      )}
    </div>
  );
}
