import { AppError } from '../domain/app-error.ts';
import type { TimeWindow } from '../shared/time-window.ts';
import { parseWindowParam, resolveWindow } from '../shared/window-param.ts';

/** The window a query names, at `now` (epoch ms). @throws {AppError} `bad-request` naming the parameter. */
export function parseWindow(query: URLSearchParams, now: number): TimeWindow {
  const window = resolveWindow(parseWindowParam(query), now);
  if (typeof window === 'string') throw new AppError('bad-request', window);
  return window;
}
