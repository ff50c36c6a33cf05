'use client';

import { useState } from 'react';
import { found } from '../../lib/shared/found.ts';
import type { FilterName } from '../hooks/url-params.ts';
import { choiceOptions, choicesOf, useFoundChoices } from '../hooks/use-choices.ts';
import { useUrlState } from '../hooks/use-url-state.ts';
import type { PickerOption } from './picker-option.ts';
import { PopoverBox } from './popover.tsx';
import { MoreNote, SearchList } from './search-list.tsx';

/** Options shown at most; typing narrows them. */
const shownMax = 60;

/** The options of a picker that the text finds. */
export function PickerList({
  trigger,
  label,
  value,
  options,
  of,
  isFree,
  onChoose,
  onClose,
}: {
  trigger: React.RefObject<Element | null>;
  label: string;
  value: string;
  options: readonly PickerOption[];
  /** The filter that it chooses for: the server knows values beyond the options. */
  of: FilterName | undefined;
  isFree: boolean;
  onChoose: (value: string) => void;
  onClose: () => void;
}) {
  const [text, setText] = useState('');
  const { window } = useUrlState();
  const choices = useFoundChoices(window, text, { isAsked: of !== undefined });
  const others = of === undefined ? [] : choiceOptions(of, choices);
  const all = found(
    [...new Map([...options, ...others].map((one) => [one.value, one])).values()],
    text,
  );
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
      <MoreNote
        count={all.length - shown.length + (of && choices ? choices.more[choicesOf[of]] : 0)}
      />
    </PopoverBox>
  );
}
