'use client';

import { useId, useLayoutEffect, useRef } from 'react';
import { CloseIcon } from './icons.tsx';
import './modal.css';

/** The browser's own modal dialog: it keeps the focus, gives it back, and Esc closes it. */
export function Modal({
  title,
  shape = 'box',
  onClose,
  children,
}: {
  title: string;
  shape?: 'box' | 'drawer';
  onClose: () => void;
  children: React.ReactNode;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  // Before the element is gone: only then does closing it give the focus back.
  useLayoutEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close();
  }, []);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Esc is the key for it; onCancel answers it
    <dialog
      ref={dialog}
      className={`modal modal-${shape}`}
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => {
        if (event.target === dialog.current) onClose();
      }}
    >
      <div className="modal-body">
        <header className="modal-head">
          <h2 id={titleId}>{title}</h2>
          <button type="button" className="icon-button" aria-label="Close" onClick={onClose}>
            <CloseIcon />
          </button>
        </header>
        {children}
      </div>
    </dialog>
  );
}
