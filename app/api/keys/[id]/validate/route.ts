import { requireSameOrigin } from '../../../../../lib/http/guards.ts';
import { inWork } from '../../../../../lib/http/in-work.ts';
import { partBeforeLast } from '../../../../../lib/http/plain-query.ts';
import { handler } from '../../../../../lib/http/respond.ts';
import { askOwner } from '../../../../../lib/services/owner.ts';

/** Each makes two requests to a cloud. */
const bounded = inWork(4);

export const POST = handler(async (request) => {
  requireSameOrigin(request);
  const key = partBeforeLast(request);
  return bounded(() => askOwner<'validate-key'>({ kind: 'validate-key', key }));
});
