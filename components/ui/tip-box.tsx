'use client';

import { Tooltip, TooltipTriggerStateContext } from 'react-aria-components';
import './popover.css';

const nothing = () => undefined;
/** Whether it is told is its control's to say. */
const told = { isOpen: true, shouldSkipAnimation: true, open: nothing, close: nothing };

/** What a control is, beside it. */
export function TipBox({
  trigger,
  children,
}: {
  trigger: React.RefObject<Element | null>;
  children: React.ReactNode;
}) {
  return (
    <TooltipTriggerStateContext value={told}>
      <Tooltip triggerRef={trigger} placement="bottom" className="tip">
        {children}
      </Tooltip>
    </TooltipTriggerStateContext>
  );
}
