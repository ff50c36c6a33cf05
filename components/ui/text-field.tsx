'use client';

import { useId } from 'react';

/** A labelled text, of one line or of several. */
export function TextField({
  label,
  hint,
  lines = 1,
  value,
  fault,
  onChange,
}: {
  label: string;
  hint?: string | undefined;
  lines?: number;
  value: string;
  fault: string | null;
  onChange: (value: string) => void;
}) {
  const id = useId();
  const common = {
    id,
    value,
    spellCheck: false,
    'aria-invalid': fault !== null,
    'aria-describedby': `${id}-note`,
  };
  return (
    <div className="price-field">
      <label htmlFor={id}>{label}</label>
      {lines === 1 ? (
        <input
          type="text"
          autoComplete="off"
          {...common}
          onChange={(event) => onChange(event.target.value)}
        />
      ) : (
        <textarea rows={lines} {...common} onChange={(event) => onChange(event.target.value)} />
      )}
      <p
        id={`${id}-note`}
        className={fault ? 'field-fault' : 'note'}
        role={fault ? 'alert' : undefined}
      >
        {fault ?? hint}
      </p>
    </div>
  );
}
