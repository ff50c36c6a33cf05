import type { TimeWindow } from '../../shared/time-window.ts';
import { readExtent } from '../../store/views/read-extent.ts';
import type { ViewContext } from '../context.ts';

/** The window that holds everything in the store, or null where it is empty. */
export async function storeExtent({
  ctx,
}: {
  ctx: Pick<ViewContext, 'db'>;
}): Promise<TimeWindow | null> {
  const extent = await readExtent(ctx.db);
  return extent === null ? null : { from: extent.from, to: extent.to + 60_000 };
}
