'use client';

import { useId, useState } from 'react';

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
  const id = useId();
  return (
    <div className="lab-field">
      <label htmlFor={id}>{label}</label>
      <select
        id={id}
        value={value}
        onChange={(event) => {
          const chosen = options.find((option) => option.value === event.target.value);
          if (chosen !== undefined) onChange(chosen.value);
        }}
      >
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
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
