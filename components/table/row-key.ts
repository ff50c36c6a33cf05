/** Which row of the calls page is open, as the URL holds it. */
import type { AttemptView, CallRow } from '../../lib/shared/dto.ts';
import { parseInstant } from '../../lib/shared/instants.ts';

export type OpenRow =
  | { kind: 'attempt'; attempt: string }
  | { kind: 'event'; eventId: string; at: number };

export const attemptKey = ({ process, boot, seq, attempt }: AttemptView): string =>
  `${process}.${boot}.${seq}.${attempt}`;

/** `e:ID@AT` where there is an event, so that its record opens by itself; else `a:KEY`. */
export function rowKey({ attempt, event }: CallRow): string {
  if (event) return `e:${event.eventId}@${event.at}`;
  return attempt ? `a:${attemptKey(attempt)}` : '';
}

export function parseOpen(text: string | null): OpenRow | null {
  const event = /^e:(.+)@(\d+)$/.exec(text ?? '');
  const at = parseInstant(event?.[2] ?? '');
  if (event?.[1] && at !== null) return { kind: 'event', eventId: event[1], at };
  const attempt = /^a:(.+)$/.exec(text ?? '');
  return attempt?.[1] ? { kind: 'attempt', attempt: attempt[1] } : null;
}

/** The open row among those loaded; an attempt is found again after its event has come. */
export function findOpen(rows: readonly CallRow[], open: OpenRow): CallRow | null {
  const isOpen = (row: CallRow): boolean =>
    open.kind === 'event'
      ? row.event?.eventId === open.eventId
      : row.attempt !== null && attemptKey(row.attempt) === open.attempt;
  return rows.find(isOpen) ?? null;
}
