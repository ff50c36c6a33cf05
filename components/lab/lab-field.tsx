'use client';

import { useId, useState } from 'react';
import { Picker } from '../ui/picker.tsx';

/** One of a few. */
export function LabChoice<T extends string>({
  label,
  value,
  options,
  onChange,
}: {
  label: string;
  value: T;
  options: readonly { value: T; label: string }[];
  onChange: (value: T) => void;
}) {
  return (
    <div className="lab-field">
      <Picker
        label={label}
        value={value}
        options={options}
        onChange={(next) => {
          const chosen = options.find((option) => option.value === next);
          if (chosen !== undefined) onChange(chosen.value);
        }}
      />
    </div>
  );
}

/** A whole number within bounds; what is not one is said and not taken. */
export function LabNumber({
  label,
  value,
  bounds: { min, max },
  onChange,
}: {
  label: string;
  value: number;
  bounds: { min: number; max: number };
  onChange: (value: number) => void;
}) {
  const id = useId();
  const [text, setText] = useState<string | null>(null);
  const shown = text ?? String(value);
  const isRight = /^\d+$/.test(shown) && Number(shown) >= min && Number(shown) <= max;
  return (
    <div className="lab-field">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        type="text"
        inputMode="numeric"
        autoComplete="off"
        value={shown}
        aria-invalid={!isRight}
        aria-describedby={`${id}-note`}
        onChange={({ target }) => {
          const next = target.value.trim();
          setText(next);
          if (/^\d+$/.test(next) && Number(next) >= min && Number(next) <= max)
            onChange(Number(next));
        }}
        onBlur={() => setText(null)}
      />
      <p id={`${id}-note`} className={isRight ? 'note' : 'field-fault'}>
        {min} to {max}
      </p>
    </div>
  );
}
