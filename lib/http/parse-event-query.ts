import { AppError } from '../domain/app-error.ts';
import { parseInstant } from '../shared/instants.ts';

/** Which audit event a query names. @throws {AppError} `bad-request` */
export function parseEventQuery(query: URLSearchParams): { eventId: string; at: number } {
  const eventId = query.get('id') ?? '';
  const at = parseInstant(query.get('at') ?? '');
  if (eventId === '' || at === null) {
    throw new AppError('bad-request', 'Name the event by id and at (its time).');
  }
  return { eventId, at };
}
