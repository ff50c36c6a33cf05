import { AppError } from '../../../lib/domain/app-error.ts';
import { handler } from '../../../lib/http/respond.ts';
import { rawEvent } from '../../../lib/services/calls.ts';
import { serverContext } from '../../../lib/services/server-context.ts';
import { parseInstant } from '../../../lib/shared/instants.ts';

export const GET = handler(async (request) => {
  const query = new URL(request.url).searchParams;
  const eventId = query.get('id') ?? '';
  const at = parseInstant(query.get('at') ?? '');
  if (eventId === '' || at === null)
    throw new AppError('bad-request', 'Name the event by id and at (its time).');
  return rawEvent({ ctx: await serverContext(), input: { eventId, at } });
});
