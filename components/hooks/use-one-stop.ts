import { useEffect, useRef } from 'react';

/**
 * Makes a row of links or buttons one stop of Tab, in which arrow keys, Home and End move, as ARIA's practice for a
 * toolbar has it: at first its current or pressed one, then the one that had the focus last. Without a script each is
 * a stop of its own.
 */
export function useOneStop<Row extends HTMLElement>() {
  const row = useRef<Row>(null);
  const latest = useRef<HTMLElement>(null);
  const stops = () => [
    ...(row.current?.querySelectorAll<HTMLElement>('a[href], button:not(:disabled)') ?? []),
  ];
  const settle = () => {
    const all = stops();
    const marked = all.find((one) => one.matches('[aria-current], [aria-pressed=true]'));
    const stop = all.find((one) => one === latest.current) ?? marked ?? all[0];
    for (const one of all) one.tabIndex = one === stop ? 0 : -1;
  };
  // What a row holds changes with the page and with the window.
  useEffect(settle);
  const onFocus = ({ target }: React.FocusEvent<Row>) => {
    if (!stops().some((one) => one === target)) return;
    latest.current = target;
    settle();
  };
  const onKeyDown = (event: React.KeyboardEvent<Row>) => {
    const { key, target, ctrlKey, altKey, metaKey, shiftKey } = event;
    const all = stops();
    // What a button has opened lies in the row for React alone, and has keys of its own.
    const index = target instanceof HTMLElement ? all.indexOf(target) : -1;
    const next = index < 0 ? undefined : ahead(key, index, all);
    if (next === undefined || ctrlKey || altKey || metaKey || shiftKey) return;
    event.preventDefault();
    next.focus();
  };
  return { ref: row, onFocus, onKeyDown };
}

/** Which of them a key leads to from the one at `index`: past an end to the other one. */
function ahead(key: string, index: number, all: readonly HTMLElement[]): HTMLElement | undefined {
  if (key === 'ArrowRight') return all[(index + 1) % all.length];
  if (key === 'ArrowLeft') return all.at(index - 1);
  if (key === 'Home') return all[0];
  return key === 'End' ? all.at(-1) : undefined;
}
