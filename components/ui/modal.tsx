'use client';

import { Dialog, Heading, I18nProvider, Modal as Layer, ModalOverlay } from 'react-aria-components';
import { CloseIcon } from './icons.tsx';
import { locale } from './popover.tsx';
import './modal.css';

/** A modal dialog: it keeps the focus, gives it back, and Esc or a press beside it closes it. */
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
  return (
    <I18nProvider locale={locale}>
      <ModalOverlay
        isOpen
        isDismissable
        onOpenChange={(isOpen) => {
          if (!isOpen) onClose();
        }}
        className="modal-backdrop"
      >
        <Layer className={`modal modal-${shape}`}>
          <Dialog className="modal-body">
            <header className="modal-head">
              <Heading slot="title" level={2}>
                {title}
              </Heading>
              <button type="button" className="icon-button" aria-label="Close" onClick={onClose}>
                <CloseIcon />
              </button>
            </header>
            {children}
          </Dialog>
        </Layer>
      </ModalOverlay>
    </I18nProvider>
  );
}
