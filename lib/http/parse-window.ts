import { AppError } from '../domain/app-error.ts';
import type { TimeWindow } from '../shared/dto.ts';
import { parseInstant, parseSpan } from '../shared/instants.ts';

const windowMsMax = 400 * 86_400_000;

/**
 * The window a query names by `last`, or by `from` and `to` (ISO or epoch ms); without either the last 24 hours.
 * @throws {AppError} `bad-request` naming the parameter.
 */
export function parseWindow(query: URLSearchParams, now: number): TimeWindow {
  const last = query.get('last');
  const to = instantParameter(query, 'to') ?? now;
  const spanMs = last === null ? 86_400_000 : parseSpan(last);
  if (spanMs === null)
    throw new AppError('bad-request', `last=${last} is no span; write 30m, 6h or 7d.`);
  const from = (last === null ? instantParameter(query, 'from') : null) ?? to - spanMs;
  if (from >= to) throw new AppError('bad-request', 'The window is empty: from must be before to.');
  if (to - from > windowMsMax)
    throw new AppError('bad-request', 'The window is longer than 400 days; choose a shorter one.');
  return { from, to };
}

function instantParameter(query: URLSearchParams, name: string): number | null {
  const value = query.get(name);
  if (value === null || value === '') return null;
  const at = parseInstant(value);
  if (at === null)
    throw new AppError(
      'bad-request',
      `${name}=${value} is no time; write 2026-11-23T14:00Z or epoch ms.`,
    );
  return at;
}
