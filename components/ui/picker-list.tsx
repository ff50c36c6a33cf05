'use client';

import { useState } from 'react';
import { nounText } from '../../lib/shared/screen-text.ts';
import { found } from './found.ts';
import { PopoverBox } from './popover.tsx';
import { SearchList } from './search-list.tsx';

export interface PickerOption {
  value: string;
  label: string;
}

/** Options shown at most; typing narrows them. */
const shownMax = 60;

/** The options of a picker that the text finds. */
export function PickerList({
  trigger,
  label,
  value,
  options,
  isFree,
  onChoose,
  onClose,
}: {
  trigger: React.RefObject<Element | null>;
  label: string;
  value: string;
  options: readonly PickerOption[];
  isFree: boolean;
  onChoose: (value: string) => void;
  onClose: () => void;
}) {
  const [text, setText] = useState('');
  const all = found(options, text);
  const typed = text.trim();
  const isNew = isFree && typed !== '' && !options.some((option) => option.value === typed);
  const shown = all.slice(0, shownMax);
  return (
    <PopoverBox trigger={trigger} label={label} onClose={onClose}>
      <SearchList
        label={`Search ${label.toLowerCase()}`}
        text={text}
        found={isNew ? [...shown, { value: typed, label: typed, kind: 'as typed' }] : shown}
        chosen={options.find((option) => option.value === value) ?? null}
        onText={setText}
        onChoose={(option) => onChoose(option.value)}
      />
      {all.length > shown.length && (
        <p className="note">
          {nounText(all.length - shown.length, 'more', 'more')}: type to find them.
        </p>
      )}
    </PopoverBox>
  );
}
