import { handler } from '../../../lib/http/respond.ts';
import { describeSandbox } from '../../../lib/services/answers/sandbox.ts';
import { serverContext } from '../../../lib/services/server-context.ts';

export const GET = handler(async () => describeSandbox({ ctx: await serverContext() }));
