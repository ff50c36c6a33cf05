import { requireSameOrigin } from '../../../../lib/http/guards.ts';
import { inWork } from '../../../../lib/http/in-work.ts';
import { readJson } from '../../../../lib/http/read-json.ts';
import { handler } from '../../../../lib/http/respond.ts';
import { triedOf } from '../../../../lib/services/intake/connections.ts';
import { askOwner } from '../../../../lib/services/owner.ts';

/** Each reads an hour of a log. */
const boundedTry = inWork(2);

export const POST = handler(async (request) => {
  requireSameOrigin(request);
  const tried = triedOf(await readJson(request, 16_384));
  return boundedTry(() => askOwner<'try-source'>({ kind: 'try-source', tried }));
});
