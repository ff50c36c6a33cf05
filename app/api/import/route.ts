import { requireSameOrigin } from '../../../lib/http/guards.ts';
import { importView } from '../../../lib/http/import-view.ts';
import { inWork } from '../../../lib/http/in-work.ts';
import { withReceivedFile } from '../../../lib/http/receive-file.ts';
import { handler } from '../../../lib/http/respond.ts';
import { storeView } from '../../../lib/http/views.ts';
import { importDropped } from '../../../lib/services/intake/import-dropped.ts';
import { serverContext } from '../../../lib/services/server-context.ts';

/** Each holds a whole file on disk. */
const boundedImport = inWork(2);

/** Audit records or telemetry in the request's body, read as the commands read a file. */
export const POST = handler(async (request) => {
  requireSameOrigin(request);
  const ctx = await serverContext();
  const name = new URL(request.url).searchParams.get('name') ?? 'log';
  return boundedImport(() =>
    withReceivedFile(request, async (path) => {
      const taken = await importDropped({ ctx, input: { path } });
      return importView(taken, { path, name, ...(await storeView()) });
    }),
  );
});
