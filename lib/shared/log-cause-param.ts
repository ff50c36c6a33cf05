/**
 * Events of a cause as a log alone tells it, as a URL holds them: the cause, perhaps how it is known, and perhaps the
 * window that it was reasoned over, such as `load.expired/inferred/2026-01-02T03:00Z/2026-01-03T03:00Z`. A cause rests
 * on the events around it, so a bar's events are those of the whole window's reasoning, not of the bar's alone.
 */
import { isCause } from './causes.ts';
import { parseInstant } from './instants.ts';
import type { TimeWindow } from './time-window.ts';
import { urlInstant, windowMsMax } from './window-param.ts';

export interface LogCausePart {
  cause: string;
  /** Null: either way. */
  how: 'claimed' | 'inferred' | null;
  /** Null: the window that is listed. */
  over: TimeWindow | null;
}

const pattern = /^([a-z.-]{1,64})(?:\/(claimed|inferred))?(?:\/([^/]+)\/([^/]+))?$/;

export function parseLogCause(text: string): LogCausePart | null {
  const [all, cause = '', how, begin, end] = pattern.exec(text) ?? [];
  if (all === undefined || !isCause(cause)) return null;
  const known = how === 'claimed' || how === 'inferred' ? how : null;
  if (begin === undefined || end === undefined) return { cause, how: known, over: null };
  const [from, to] = [parseInstant(begin), parseInstant(end)];
  if (from === null || to === null || from >= to || to - from > windowMsMax) return null;
  return { cause, how: known, over: { from, to } };
}

export const logCauseText = ({ cause, how, over }: LogCausePart): string =>
  [
    cause,
    ...(how === null ? [] : [how]),
    ...(over === null ? [] : [over.from, over.to].map(urlInstant)),
  ].join('/');
