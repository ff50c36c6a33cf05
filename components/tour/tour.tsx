'use client';

import { useEffect, useId, useRef } from 'react';
import { useUrlState } from '../hooks/use-url-state.ts';
import { tourSteps } from './steps.ts';
import './tour.css';
import { useGo } from '../hooks/use-go.tsx';

/** One step of the tour: beside the page, which stays usable. Esc ends it; the focus goes back to where it began. */
export function Tour({ step }: { step: number }) {
  const { set, link } = useUrlState();
  const go = useGo();
  const headingId = useId();
  const heading = useRef<HTMLHeadingElement>(null);
  const { title, text, target } = tourSteps[step] ?? {};
  // biome-ignore lint/correctness/useExhaustiveDependencies: each step begins at its own heading
  useEffect(() => heading.current?.focus({ preventScroll: true }), [step]);
  useEffect(() => (target === undefined ? undefined : pointAt(target)), [target]);
  const end = () => {
    set({ tour: null });
    document.getElementById('tour-start')?.focus();
  };
  const show = (next: number) => {
    const { href } = tourSteps[next] ?? {};
    if (href === undefined) end();
    else go(link(`${href}?tour=${next + 1}`));
  };
  const isLast = step === tourSteps.length - 1;
  return (
    <section
      className="tour"
      role="dialog"
      aria-labelledby={headingId}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        event.preventDefault();
        end();
      }}
    >
      <p className="note num">
        Tour, {step + 1} of {tourSteps.length}
      </p>
      <h2 id={headingId} ref={heading} tabIndex={-1}>
        {title}
      </h2>
      <p>{text}</p>
      <p className="tour-buttons">
        <button type="button" className="button" onClick={end}>
          {isLast ? 'Close' : 'Skip'}
        </button>
        {step > 0 && (
          <button type="button" className="button" onClick={() => show(step - 1)}>
            Back
          </button>
        )}
        {!isLast && (
          <button type="button" className="button button-primary" onClick={() => show(step + 1)}>
            Next
          </button>
        )}
      </p>
    </section>
  );
}

/** Marks what a step speaks of as soon as the page has it; the returned function takes the mark away. */
function pointAt(target: string): () => void {
  let found: Element | null = null;
  const look = () => {
    found ??= document.querySelector(`main ${target}`);
    if (found === null) return;
    watch.disconnect();
    found.classList.add('tour-target');
    // Of what is taller than the screen the beginning is what it speaks of.
    const isTall = found.clientHeight > window.innerHeight / 2;
    found.scrollIntoView({ block: isTall ? 'start' : 'center' });
  };
  const watch = new MutationObserver(look);
  watch.observe(document.body, { childList: true, subtree: true });
  look();
  return () => {
    watch.disconnect();
    found?.classList.remove('tour-target');
  };
}
