'use client';

import dynamic from 'next/dynamic';
import { useRef, useState } from 'react';
import { type GlossaryTerm, glossary } from './glossary.ts';
import './term.css';

const PopoverBox = dynamic(async () => (await import('./popover.tsx')).PopoverBox, { ssr: false });

/** A word that says what it means when it is pressed. */
export function Term({ of, children = of }: { of: GlossaryTerm; children?: React.ReactNode }) {
  const word = useRef<HTMLButtonElement>(null);
  const [isOpen, setIsOpen] = useState(false);
  return (
    <>
      <button
        ref={word}
        type="button"
        className="term"
        aria-haspopup="dialog"
        aria-expanded={isOpen}
        onClick={() => setIsOpen(true)}
      >
        {children}
      </button>
      {isOpen && (
        <PopoverBox trigger={word} label={of} onClose={() => setIsOpen(false)}>
          <strong>{of}</strong> {glossary[of]}
        </PopoverBox>
      )}
    </>
  );
}
