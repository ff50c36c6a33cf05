import type { TimeWindow } from '../../lib/shared/time-window.ts';
import { wholeMinutes, withWindow } from '../../lib/shared/window-param.ts';

/** A page's address with the window in which data lie. */
export const dataHref = (href: string, extent: TimeWindow): string =>
  withWindow(href, { kind: 'between', ...wholeMinutes(extent) });
