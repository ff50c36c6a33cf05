import type { TimeWindow } from '../../lib/shared/time-window.ts';
import { wholeMinutes, windowChanges } from '../../lib/shared/window-param.ts';
import { addToUrl } from '../hooks/url-params.ts';

/** A page's address with the window in which data lie. */
export const dataHref = (href: string, extent: TimeWindow): string =>
  addToUrl(href, windowChanges({ kind: 'between', ...wholeMinutes(extent) }));
