'use client';

import dynamic from 'next/dynamic';
import { useRef, useState } from 'react';

const TipBox = dynamic(async () => (await import('./tip-box.tsx')).TipBox, { ssr: false });

/** A button that is only a picture: its name and its key are told beside it to who points at it or comes by key. */
export function IconButton({
  label,
  shortcut,
  className = '',
  onClick,
  children,
}: {
  label: string;
  shortcut?: string;
  className?: string;
  onClick: () => void;
  children: React.ReactNode;
}) {
  const button = useRef<HTMLButtonElement>(null);
  const [isTold, setIsTold] = useState(false);
  const tell = () => setIsTold(true);
  const hush = () => setIsTold(false);
  return (
    <>
      <button
        ref={button}
        type="button"
        className={`icon-button ${className}`}
        aria-label={label}
        onClick={() => {
          hush();
          onClick();
        }}
        onPointerEnter={(event) => event.pointerType === 'mouse' && tell()}
        onPointerLeave={hush}
        onFocus={(event) => event.currentTarget.matches(':focus-visible') && tell()}
        onBlur={hush}
        onKeyDown={(event) => event.key === 'Escape' && hush()}
      >
        {children}
      </button>
      {isTold && (
        <TipBox trigger={button}>
          {label} {shortcut && <kbd>{shortcut}</kbd>}
        </TipBox>
      )}
    </>
  );
}
