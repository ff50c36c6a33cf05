'use client';

import { Dialog, I18nProvider, Popover } from 'react-aria-components';
import './popover.css';

/** Dates as 2026-01-02, and the screens' own language whatever the browser's. */
export const locale = 'en-CA';

/** A box beside the control that opened it: it takes the focus and gives it back; Esc or a press elsewhere ends it. */
export function PopoverBox({
  trigger,
  label,
  onClose,
  children,
}: {
  trigger: React.RefObject<Element | null>;
  label: string;
  onClose: () => void;
  children: React.ReactNode;
}) {
  return (
    <I18nProvider locale={locale}>
      <Popover
        triggerRef={trigger}
        isOpen
        onOpenChange={(isOpen) => {
          if (!isOpen) onClose();
        }}
        placement="bottom start"
        className="popover"
      >
        <Dialog aria-label={label} className="popover-body">
          {children}
        </Dialog>
      </Popover>
    </I18nProvider>
  );
}
