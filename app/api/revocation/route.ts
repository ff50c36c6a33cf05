import { handler } from '../../../lib/http/respond.ts';
import { revocation } from '../../../lib/services/answers/revocation.ts';
import { sandboxState, serverContext } from '../../../lib/services/server-context.ts';

export const GET = handler(async () => {
  const ctx = await serverContext();
  return revocation({ ctx, input: { sandbox: await sandboxState(ctx) } });
});
