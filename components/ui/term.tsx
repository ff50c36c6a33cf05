'use client';

import { useId } from 'react';
import { type GlossaryTerm, glossary } from './glossary.ts';
import './term.css';

/** A word that says what it means when it is pressed, in the browser’s own popover. */
export function Term({ of, children = of }: { of: GlossaryTerm; children?: React.ReactNode }) {
  const id = useId();
  return (
    <>
      <button type="button" className="term" popoverTarget={id}>
        {children}
      </button>
      <span id={id} popover="auto" className="term-popover">
        <strong>{of}</strong> {glossary[of]}
      </span>
    </>
  );
}
